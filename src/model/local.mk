# The transformer and the two models made of it, without MPI.
noinst_LIBRARIES += src/model/libhlmodel.a
src_model_libhlmodel_a_CPPFLAGS = $(BASE_CPPFLAGS)
src_model_libhlmodel_a_SOURCES = \
	src/model/activation.c src/model/activation.h \
	src/model/norm-kind.c src/model/norm-kind.h \
	src/model/block.c src/model/block.h \
	src/model/cut.h \
	src/model/cut-grid.c \
	src/model/cut-tp.c \
	src/model/drop.c src/model/drop.h \
	src/model/embedding.c src/model/embedding.h \
	src/model/family.c src/model/family.h \
	src/model/fusion.h \
	src/model/grid-rows.c src/model/grid-rows.h \
	src/model/hstu.c src/model/hstu-layer.c src/model/hstu-layer.h src/model/hstu.h \
	src/model/item.c src/model/item.h \
	src/model/label-head.c src/model/label-head.h \
	src/model/layer.h \
	src/model/model.c src/model/model.h \
	src/model/models.c src/model/models.h \
	src/model/params.c src/model/params.h \
	src/model/saved.c src/model/saved.h \
	src/model/see.c src/model/see.h \
	src/model/sharder.c src/model/sharder.h \
	src/model/shards.c src/model/shards.h \
	src/model/pooling.h \
	src/model/side.h \
	src/model/stack.c src/model/stack.h \
	src/model/stack-open.c \
	src/model/stages.c src/model/stages.h \
	src/model/talk.c src/model/talk.h \
	src/model/tensor-group.c src/model/tensor-group.h \
	src/model/tiles.c src/model/tiles.h \
	src/model/transformer.c src/model/transformer.h \
	src/model/turn.c src/model/turn.h \
	src/model/user.c src/model/user.h \
	src/model/user-input.c src/model/user-input.h \
	src/model/work.c src/model/work.h
EXTRA_DIST += src/model/README.md

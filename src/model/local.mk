# What HLLM is, without MPI.
noinst_LIBRARIES += src/model/libhlmodel.a
src_model_libhlmodel_a_CPPFLAGS = $(BASE_CPPFLAGS)
src_model_libhlmodel_a_SOURCES = \
	src/model/block.c src/model/block.h \
	src/model/corpus.c src/model/corpus.h \
	src/model/cost.c src/model/cost.h \
	src/model/cut.h src/model/cut-alone.c src/model/cut-alone.h src/model/cut-tp.c src/model/cut-sequence.c \
	src/model/cut-exact.c src/model/cut-grid.c src/model/cut-grid.h \
	src/model/family.c src/model/family.h \
	src/model/item.c src/model/item.h \
	src/model/sharder.c src/model/sharder.h \
	src/model/layer.h \
	src/model/layout.c src/model/layout.h src/model/side.h \
	src/model/mask.h \
	src/model/params.c src/model/params.h \
	src/model/tensor-group.c src/model/tensor-group.h \
	src/model/places.c src/model/places.h \
	src/model/plan.c src/model/plan.h \
	src/model/pool.c src/model/pool.h \
	src/model/prefix.c src/model/prefix.h \
	src/model/rate.c src/model/rate.h \
	src/model/sampler.c src/model/sampler.h \
	src/model/act.c src/model/act.h src/model/schedule.c src/model/schedule.h \
	src/model/score.c src/model/score.h \
	src/model/see.c src/model/see.h \
	src/model/sketch.c src/model/sketch.h \
	src/model/rank-mapping.c src/model/rank-mapping.h \
	src/model/split.c src/model/split.h \
	src/model/stages.c src/model/stages.h \
	src/model/stack.c src/model/stack-open.c src/model/stack.h \
	src/model/targets.c src/model/targets.h \
	src/model/tiles.c src/model/tiles.h \
	src/model/transformer.c src/model/transformer.h \
	src/model/turn.c src/model/turn.h \
	src/model/user.c src/model/user.h \
	src/model/windows.c src/model/windows.h

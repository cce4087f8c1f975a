# What HLLM is, without MPI.
noinst_LIBRARIES += src/model/libhlmodel.a
src_model_libhlmodel_a_CPPFLAGS = $(BASE_CPPFLAGS)
src_model_libhlmodel_a_SOURCES = \
	src/model/corpus.h \
	src/model/llama.c src/model/llama.h \
	src/model/params.c src/model/params.h \
	src/model/peers.c src/model/peers.h \
	src/model/stack.c src/model/stack.h

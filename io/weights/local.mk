# Weights of other programs.
noinst_LIBRARIES += io/weights/libhlweights.a
io_weights_libhlweights_a_CPPFLAGS = $(IO_CPPFLAGS)
io_weights_libhlweights_a_SOURCES = \
	io/weights/dtype.c io/weights/dtype.h \
	io/weights/hf.c io/weights/hf.h \
	io/weights/hf-together.c io/weights/hf-together.h \
	io/weights/hf-config.c io/weights/hf-config.h \
	io/weights/hf-names.c io/weights/hf-names.h \
	io/weights/hllm-dict.c io/weights/hllm-dict.h \
	io/weights/hf-rope.c io/weights/hf-rope.h \
	io/weights/pickle.c io/weights/pickle.h \
	io/weights/pickle-globals.c io/weights/pickle-globals.h \
	io/weights/pickle-machine.c io/weights/pickle-machine.h \
	io/weights/pytorch.c \
	io/weights/safetensors.c \
	io/weights/safetensors-layout.c io/weights/safetensors-layout.h \
	io/weights/state-dict.c io/weights/state-dict.h io/weights/state-dict-file.h \
	io/weights/state-dict-show.c io/weights/state-dict-show.h \
	io/weights/same-weights.c io/weights/same-weights.h
EXTRA_DIST += io/weights/README.md

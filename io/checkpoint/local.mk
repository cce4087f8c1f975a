# The state of a run.
noinst_LIBRARIES += io/checkpoint/libhlcheckpoint.a
io_checkpoint_libhlcheckpoint_a_CPPFLAGS = $(IO_CPPFLAGS)
io_checkpoint_libhlcheckpoint_a_SOURCES = \
	io/checkpoint/aside.c io/checkpoint/aside.h \
	io/checkpoint/checkpoint.c io/checkpoint/checkpoint.h \
	io/checkpoint/checkpoint-content.c io/checkpoint/checkpoint-content.h \
	io/checkpoint/checkpoint-write.c \
	io/checkpoint/checkpoint-manifest.c io/checkpoint/checkpoint-manifest.h \
	io/checkpoint/steps.c io/checkpoint/steps.h \
	io/checkpoint/tensor-index.c io/checkpoint/tensor-index.h \
	io/checkpoint/tensors.c io/checkpoint/tensors.h
EXTRA_DIST += io/checkpoint/README.md

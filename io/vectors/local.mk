# Vectors for other programs.
noinst_LIBRARIES += io/vectors/libhlvectors.a
io_vectors_libhlvectors_a_CPPFLAGS = $(IO_CPPFLAGS)
io_vectors_libhlvectors_a_SOURCES = \
	io/vectors/vectors.c io/vectors/vectors.h \
	io/vectors/hdf5.c \
	io/vectors/npy.c \
	io/vectors/vectors-rows.c io/vectors/vectors-rows.h \
	io/vectors/safetensors.c
EXTRA_DIST += io/vectors/README.md

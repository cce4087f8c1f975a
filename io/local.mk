# Files; the only user of HDF5.
noinst_LIBRARIES += io/libhlio.a
io_libhlio_a_CPPFLAGS = $(HOUSE_CPPFLAGS) $(HDF5_CFLAGS) $(JANSSON_CFLAGS) $(XXHASH_CFLAGS)
io_libhlio_a_SOURCES = \
	io/tokenizer.h \
	io/atomic.c io/atomic.h \
	io/h5.c io/h5.h

# Files as such.
noinst_LIBRARIES += io/files/libhlfiles.a
io_files_libhlfiles_a_CPPFLAGS = $(IO_CPPFLAGS)
io_files_libhlfiles_a_SOURCES = \
	io/files/atomic.c io/files/atomic.h \
	io/files/ascii.c io/files/ascii.h \
	io/files/blockdigest.c io/files/blockdigest.h \
	io/files/excerpt.c io/files/excerpt.h \
	io/files/filesystem.c io/files/filesystem.h \
	io/files/folder.c io/files/folder.h \
	io/files/h5.c io/files/h5.h \
	io/files/h5-frame.c io/files/h5-frame.h \
	io/files/hf-folder.c io/files/hf-folder.h \
	io/files/json.c io/files/json.h \
	io/files/lock.c io/files/lock.h \
	io/files/mapped.c io/files/mapped.h \
	io/files/mismatches.c io/files/mismatches.h \
	io/files/place.c io/files/place.h \
	io/files/positioned.c io/files/positioned.h \
	io/files/probe.c io/files/probe.h \
	io/files/progress.c io/files/progress.h \
	io/files/reads.c io/files/reads.h \
	io/files/regular.c io/files/regular.h \
	io/files/relay.c io/files/relay.h io/files/relay-connect.c \
	io/files/remedy.c io/files/remedy.h \
	io/files/samefile.c io/files/samefile.h \
	io/files/shared-file.c io/files/shared-file.h \
	io/files/source.c io/files/source.h \
	io/files/staging.c io/files/staging.h \
	io/files/unpacked.c io/files/unpacked.h io/files/unpacked-codec.h io/files/unpacked-gzip.c io/files/unpacked-zstd.c \
	io/files/utf8.c io/files/utf8.h \
	io/files/zip.c io/files/zip.h
EXTRA_DIST += io/files/README.md

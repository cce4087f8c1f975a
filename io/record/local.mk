# What a run tells machines.
noinst_LIBRARIES += io/record/libhlrecord.a
io_record_libhlrecord_a_CPPFLAGS = $(IO_CPPFLAGS)
io_record_libhlrecord_a_SOURCES = \
	io/record/ledger-read.c io/record/ledger-read.h \
	io/record/record.c io/record/record.h \
	io/record/survey.c io/record/survey.h
EXTRA_DIST += io/record/README.md

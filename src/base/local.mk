# What any program needs.
noinst_LIBRARIES += src/base/libhlbase.a
src_base_libhlbase_a_CPPFLAGS = $(BASE_CPPFLAGS) $(XXHASH_CFLAGS)
# Numbers in memory, and the clock: a rehearsal has others in their place (app/rehearse/local.mk).
REAL_SOURCES = src/base/arena-rows.c src/base/clock.c src/base/fold-floats.c src/base/lend.c src/base/pages.c src/base/reserve.c
src_base_libhlbase_a_SOURCES = $(BASE_SOURCES) $(REAL_SOURCES)
BASE_SOURCES = \
	src/base/acts.c src/base/acts.h \
	src/base/alloc.c src/base/alloc.h src/base/arena.c src/base/arena.h \
	src/base/array.c src/base/array.h \
	src/base/bitmap.c src/base/bitmap.h \
	src/base/clock.h \
	src/base/digest.c src/base/digest.h \
	src/base/energy.c src/base/energy.h \
	src/base/error.c src/base/error.h \
	src/base/fold.c src/base/fold.h \
	src/base/hash-table.c src/base/hash-table.h \
	src/base/lend.h \
	src/base/limits.c src/base/limits.h \
	src/base/log.c src/base/log.h \
	src/base/pages.h \
	src/base/minmax.h \
	src/base/part.c src/base/part.h \
	src/base/path.c src/base/path.h \
	src/base/patience.c src/base/patience.h \
	src/base/printable.c src/base/printable.h \
	src/base/process.c src/base/process.h \
	src/base/reserve.h \
	src/base/sentence.c src/base/sentence.h \
	src/base/sorted.c src/base/sorted.h \
	src/base/strings.c src/base/strings.h \
	src/base/rng.c src/base/rng.h \
	src/base/stop.c src/base/stop.h \
	src/base/usage.c src/base/usage.h \
	src/base/fault.c src/base/fault-points.c src/base/fault.h
EXTRA_DIST += src/base/README.md

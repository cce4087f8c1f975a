# What a step and an evaluation read and draw, without MPI.
noinst_LIBRARIES += src/data/libhldata.a
src_data_libhldata_a_CPPFLAGS = $(BASE_CPPFLAGS)
src_data_libhldata_a_SOURCES = \
	src/data/calendar.c src/data/calendar.h \
	src/data/corrections.c src/data/corrections.h \
	src/data/corpus.c src/data/corpus.h \
	src/data/id-corpus.c src/data/id-corpus.h \
	src/data/groups.c src/data/groups.h \
	src/data/label-rule.c src/data/label-rule.h \
	src/data/label-score.c src/data/label-score.h \
	src/data/mask.h \
	src/data/metric.c src/data/metric.h \
	src/data/places.c src/data/places.h \
	src/data/pool.c src/data/pool.h \
	src/data/prefix.c src/data/prefix.h \
	src/data/resample.c src/data/resample.h \
	src/data/sampler.c src/data/sampler.h \
	src/data/score.c src/data/score.h \
	src/data/split.c src/data/split.h \
	src/data/targets.c src/data/targets.h \
	src/data/windows.c src/data/windows.h
EXTRA_DIST += src/data/README.md

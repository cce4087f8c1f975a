# A study: steps of one configuration, measured at many points.
noinst_LIBRARIES += app/study/libhlstudy.a
app_study_libhlstudy_a_SOURCES = \
	app/study/child.c app/study/child.h \
	app/study/measure.c app/study/measure.h \
	app/study/points.c app/study/points.h \
	app/study/points-forecast.c \
	app/study/study.c app/study/study.h \
	app/study/study-record.c app/study/study-record.h \
	app/study/study-run.c app/study/study-run.h
EXTRA_DIST += app/study/README.md

# A study: steps of one configuration, measured at many points.
noinst_LIBRARIES += app/study/libhlstudy.a
app_study_libhlstudy_a_SOURCES = \
	app/study/points.c app/study/points.h \
	app/study/points-forecast.c \
	app/study/study.c app/study/study.h
EXTRA_DIST += app/study/README.md

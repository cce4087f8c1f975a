# What a job would take.
noinst_LIBRARIES += app/plan/libhlplan.a
app_plan_libhlplan_a_SOURCES = \
	app/plan/cached-items.c app/plan/cached-items.h \
	app/plan/calibration.c app/plan/calibration.h \
	app/plan/forecast.c app/plan/forecast.h \
	app/plan/forecast-terms.h \
	app/plan/forecast-measure.c app/plan/forecast-measure.h \
	app/plan/id-shapes.c app/plan/id-shapes.h \
	app/plan/made-up.c app/plan/made-up.h \
	app/plan/nearest-fit.c app/plan/nearest-fit.h \
	app/plan/outlook.c app/plan/outlook.h \
	app/plan/placement.c app/plan/placement.h \
	app/plan/rules.c app/plan/rules.h \
	app/plan/search.c app/plan/search.h \
	app/plan/shapes.c app/plan/shapes.h \
	app/plan/start.c app/plan/start.h
EXTRA_DIST += app/plan/README.md

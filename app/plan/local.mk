# What a job would take.
noinst_LIBRARIES += app/plan/libhlplan.a
app_plan_libhlplan_a_SOURCES = \
	app/plan/forecast.c app/plan/forecast.h \
	app/plan/forecast-memory.c app/plan/forecast-memory.h
EXTRA_DIST += app/plan/README.md

# What a step does and what it costs, without MPI.
noinst_LIBRARIES += src/step/libhlstep.a
src_step_libhlstep_a_CPPFLAGS = $(BASE_CPPFLAGS)
src_step_libhlstep_a_SOURCES = \
	src/step/act.c src/step/act.h \
	src/step/activations.c src/step/activations.h \
	src/step/cost.c src/step/cost-held.c src/step/cost-interval.c src/step/cost.h \
	src/step/layout.c src/step/layout.h \
	src/step/machine.c src/step/machine.h \
	src/step/noise.c src/step/noise.h \
	src/step/parallelism.c src/step/parallelism.h \
	src/step/plan.c src/step/plan.h \
	src/step/plan-rules.c src/step/plan-rules.h \
	src/step/price.c src/step/price.h src/step/price-micro-batch.c src/step/price-micro-batch.h \
	src/step/prices.c src/step/prices.h \
	src/step/rank-mapping.c src/step/rank-mapping.h \
	src/step/rate.c src/step/rate.h \
	src/step/schedule.c src/step/schedule.h \
	src/step/stage-params.c src/step/stage-params.h \
	src/step/zero.c src/step/zero.h
EXTRA_DIST += src/step/README.md

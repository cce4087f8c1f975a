# What the machine and a step can do.
noinst_LIBRARIES += app/bench/libhlbench.a
app_bench_libhlbench_a_SOURCES = \
	app/bench/bench.h \
	app/bench/bench-calibrate.c \
	app/bench/bench-collectives.c \
	app/bench/bench-job.c app/bench/bench-job.h \
	app/bench/bench-kernels.c \
	app/bench/bench-measure.c app/bench/bench-measure.h \
	app/bench/bench-show.c app/bench/bench-show.h \
	app/bench/bench-step.c \
	app/bench/calibrate-disk.c app/bench/calibrate-disk.h \
	app/bench/calibrate-layers.c \
	app/bench/calibrate-model.c app/bench/calibrate-model.h \
	app/bench/calibrate-noise.c \
	app/bench/calibrate-numbers.c \
	app/bench/calibrate-together.c \
	app/bench/doctor.c app/bench/doctor.h \
	app/bench/doctor-folders.c \
	app/bench/doctor-machine.c \
	app/bench/doctor-ranks.c \
	app/bench/pop.c app/bench/pop.h \
	app/bench/samples.c app/bench/samples.h \
	app/bench/speed.c app/bench/speed.h \
	app/bench/step-sums.c app/bench/step-sums.h \
	app/bench/trace.c app/bench/trace.h \
	app/bench/traffic.c app/bench/traffic.h app/bench/traffic-sums.c app/bench/traffic-walk.h \
	app/bench/traffic-peers.c \
	app/bench/trace-file.c app/bench/trace-file.h \
	app/bench/fit.c app/bench/fit.h \
	app/bench/learn.c app/bench/learn.h
EXTRA_DIST += app/bench/README.md

# What a person starts: everything but main.c is a library, so that tests can link it.
noinst_LIBRARIES += experiments/libhlexperiments.a
experiments_libhlexperiments_a_SOURCES = \
	experiments/arguments.c experiments/arguments.h \
	experiments/begun.c experiments/begun.h \
	experiments/bench.h \
	experiments/bench-calibrate.c \
	experiments/bench-collectives.c \
	experiments/bench-kernels.c \
	experiments/bench-measure.c experiments/bench-measure.h \
	experiments/bench-step.c experiments/bench-step.h \
	experiments/bench-show.c experiments/bench-show.h \
	experiments/build.c experiments/build.h \
	experiments/cmd-bench.c \
	experiments/cmd-diff.c \
	experiments/cmd-doctor.c \
	experiments/cmd-eval.c \
	experiments/cmd-plan.c \
	experiments/cmd-prepare.c \
	experiments/cmd-show.c \
	experiments/cmd-synth.c \
	experiments/cmd-train.c \
	experiments/commands.h \
	experiments/doctor.c experiments/doctor.h \
	experiments/doctor-folders.c \
	experiments/doctor-machine.c \
	experiments/doctor-ranks.c \
	experiments/config.c experiments/config.h \
	experiments/data.c experiments/data.h \
	experiments/difference.c experiments/difference.h \
	experiments/earlier.c experiments/earlier.h \
	experiments/ease.c experiments/ease.h \
	experiments/ease-train.c experiments/ease-train.h \
	experiments/evaluation.c experiments/evaluation.h \
	experiments/forecast.c experiments/forecast.h \
	experiments/help.c \
	experiments/job.c experiments/job.h \
	experiments/masking.c experiments/masking.h \
	experiments/metrics.c experiments/metrics.h \
	experiments/names.c experiments/names.h \
	experiments/nearest.c experiments/nearest.h experiments/public-keys.c experiments/public-keys.h \
	experiments/options.c experiments/options.h \
	experiments/output.c experiments/output.h \
	experiments/precision.c experiments/precision.h \
	experiments/origin.c experiments/origin.h \
	experiments/quote.c experiments/quote.h \
	experiments/pace.c experiments/pace.h \
	experiments/saving.c experiments/saving.h \
	experiments/preflight.c experiments/preflight.h \
	experiments/resume.c experiments/resume.h \
	experiments/run.c experiments/run.h \
	experiments/same.c experiments/same.h \
	experiments/state.c experiments/state.h \
	experiments/stops.c experiments/stops.h \
	experiments/summary.c experiments/summary.h \
	experiments/synth.c experiments/synth.h experiments/synth-oracle.c experiments/synth-oracle.h \
	experiments/synth-settings.c experiments/synth-settings.h experiments/synth-texts.c experiments/synth-texts.h \
	experiments/synth-world.c experiments/synth-world.h \
	experiments/table.c experiments/table.h \
	experiments/threads.c experiments/threads.h \
	experiments/train.c experiments/train.h \
	experiments/unpretrained.c experiments/unpretrained.h \
	experiments/weights.c experiments/weights.h \
	experiments/yaml.c experiments/yaml.h
EXPERIMENTS_LINK = experiments/libhlexperiments.a $(HOUSE_LINK) $(YAML_LIBS)

bin_PROGRAMS += hllm
hllm_SOURCES = experiments/main.c
hllm_LDADD = $(EXPERIMENTS_LINK)

# What the program was made of: written again only when it would change.
BUILT_SOURCES += experiments/build-info.h
CLEANFILES += experiments/build-info.h
experiments/build.$(OBJEXT): experiments/build-info.h
experiments/build-info.h: always
	@$(MKDIR_P) experiments
	@commit=unknown; flags=`echo $(CFLAGS) $(HL_CFLAGS)`; \
	if test -e '$(srcdir)/.git'; then commit=`git -C '$(srcdir)' describe --always --dirty 2>/dev/null` || commit=unknown; fi; \
	{ echo '/* build-info.h - written by make. */'; \
	  echo '#define HL_VERSION "$(PACKAGE_VERSION)"'; \
	  echo "#define HL_COMMIT \"$$commit\""; \
	  echo "#define HL_SCALAPACK \"`echo $(SCALAPACK_LIBS)`\""; \
	  echo "#define HL_FLAGS \"$$flags\""; } >$@.new
	@if cmp -s $@.new $@; then rm -f $@.new; else mv -f $@.new $@; fi
.PHONY: always
always:

scalingdir = $(pkgdatadir)/scaling
dist_scaling_SCRIPTS = experiments/scaling/growth.sh experiments/scaling/node.sh experiments/scaling/peer-eval.py experiments/scaling/peer-eval.sh \
	experiments/scaling/peer-prepare.py experiments/scaling/peer.sh experiments/scaling/prepare.sh experiments/scaling/tokens.sh
dist_scaling_DATA = experiments/scaling/README.md experiments/scaling/scaling.sh

configsdir = $(pkgdatadir)/configs
dist_configs_DATA = experiments/configs/amazon-tinystories.yaml experiments/configs/demo.yaml

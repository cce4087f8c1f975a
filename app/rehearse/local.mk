# A step of many ranks in simulated time.  What asks is a library; what answers is a program of its own, of the same
# sources as hllm, compiled for SMPI, where src/math computes nothing and numbers have no memory (src/math/nothing.c, nowhere.c).
noinst_LIBRARIES += app/rehearse/libhlrehearse.a
app_rehearse_libhlrehearse_a_CPPFLAGS = $(AM_CPPFLAGS) -DHL_SMPIRUN='"$(SMPIRUN)"'
app_rehearse_libhlrehearse_a_SOURCES = \
	app/rehearse/ask.c app/rehearse/ask.h \
	app/rehearse/question.c app/rehearse/question.h
EXTRA_DIST += app/rehearse/README.md

if SMPI
bin_PROGRAMS += hllm-rehearse
endif
hllm_rehearse_CPPFLAGS = -D_GNU_SOURCE $(SMPI_CPPFLAGS) -I$(top_srcdir)/src -I$(top_srcdir) -I. $(XXHASH_CFLAGS)
hllm_rehearse_CFLAGS = $(REHEARSE_CFLAGS) -fPIC
# Each rank is a copy of the file: -s keeps it short.
hllm_rehearse_LDFLAGS = -shared -s -Wl,-z,defs -Wl,--wrap=memcpy -Wl,--wrap=memmove -Wl,--wrap=memset -Wl,--wrap=hl_group_all_to_all
hllm_rehearse_LDADD = $(SMPI_LIBS) $(XXHASH_LIBS) -lm
hllm_rehearse_SOURCES = \
	app/rehearse/rehearse.c \
	app/rehearse/in-turns.c \
	app/rehearse/no-grid.c \
	app/rehearse/nowhere.c app/rehearse/nowhere.h \
	app/rehearse/question.c app/rehearse/question.h \
	app/rehearse/simulated.c app/rehearse/simulated.h \
	app/rehearse/stuck.c app/rehearse/stuck.h \
	app/rehearse/timed.c app/rehearse/timed.h \
	app/config/model-choice.c app/plan/forecast.c app/plan/forecast-measure.c app/plan/id-shapes.c app/plan/made-up.c app/plan/rules.c \
	$(BASE_SOURCES) src/math/nothing.c src/math/rope-scaling.c src/math/criterion.c src/math/sketch.c \
	$(src_data_libhldata_a_SOURCES) $(src_model_libhlmodel_a_SOURCES) $(src_step_libhlstep_a_SOURCES) \
	$(mpi_comm_libhlcomm_a_SOURCES) $(mpi_train_libhltrain_a_SOURCES)

# The training and its evaluations.
noinst_LIBRARIES += app/train/libhltrain.a
app_train_libhltrain_a_SOURCES = \
	app/train/begun.c app/train/begun.h \
	app/train/data.c app/train/data.h \
	app/train/details.c app/train/details.h \
	app/train/difference.c app/train/difference.h \
	app/train/earlier.c app/train/earlier.h \
	app/train/ease.c app/train/ease.h \
	app/train/ease-train.c \
	app/train/evaluation.c app/train/evaluation.h \
	app/train/hllm.c \
	app/train/item-cache.c app/train/item-cache.h \
	app/train/job.c app/train/job.h \
	app/train/job-inputs.c app/train/job-inputs.h \
	app/train/job-labels.c app/train/job-labels.h \
	app/train/job-layout.c app/train/job-layout.h \
	app/train/job-models.c app/train/job-models.h \
	app/train/job-weights.c app/train/job-weights.h \
	app/train/masking.c app/train/masking.h \
	app/train/metrics.c app/train/metrics.h \
	app/train/origin.c app/train/origin.h \
	app/train/pace.c app/train/pace.h \
	app/train/precision.c app/train/precision.h \
	app/train/preflight.c app/train/preflight.h \
	app/train/progress-bar.c app/train/progress-bar.h \
	app/train/ranks-file.c app/train/ranks-file.h \
	app/train/reference-train.c \
	app/train/recommender.c app/train/recommender.h \
	app/train/resume.c app/train/resume.h \
	app/train/run.c app/train/run.h app/train/run-lines.c \
	app/train/saving.c app/train/saving.h \
	app/train/startup.c app/train/startup.h \
	app/train/state.c app/train/state.h \
	app/train/stops.c app/train/stops.h \
	app/train/summary.c app/train/summary.h \
	app/train/table.c app/train/table.h \
	app/train/threads.c app/train/threads.h \
	app/train/train.c app/train/train.h app/train/trainer.h \
	app/train/train-epoch.c app/train/train-save.c app/train/train-step.c \
	app/train/user-ranks.c app/train/user-ranks.h \
	app/train/weights.c app/train/weights.h
EXTRA_DIST += app/train/README.md

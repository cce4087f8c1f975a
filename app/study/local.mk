# A study: steps of one configuration, measured at many points.
noinst_LIBRARIES += app/study/libhlstudy.a
app_study_libhlstudy_a_SOURCES = \
	app/study/candidates.c app/study/candidates.h \
	app/study/child.c app/study/child.h \
	app/study/compare.c app/study/compare.h \
	app/study/crate.c app/study/crate.h \
	app/study/crate-files.c app/study/crate-files.h \
	app/study/export.c app/study/export.h \
	app/study/grown.c app/study/grown.h \
	app/study/jobs.c app/study/jobs.h \
	app/study/markup.c app/study/markup.h \
	app/study/measure.c app/study/measure.h \
	app/study/outcome.c app/study/outcome.h \
	app/study/points.c app/study/points.h \
	app/study/points-forecast.c \
	app/study/points-grid.c \
	app/study/points-spread.c \
	app/study/page.c app/study/page.h \
	app/study/picture.c app/study/picture.h \
	app/study/program.c app/study/program.h \
	app/study/quality.c app/study/quality.h \
	app/study/quality-csv.c \
	app/study/quality-page.c \
	app/study/quality-plot.c \
	app/study/report.c app/study/report.h \
	app/study/report-csv.c \
	app/study/report-detail.c \
	app/study/report-page.c \
	app/study/report-phases.c \
	app/study/report-plot.c \
	app/study/report-tex.c \
	app/study/run-command.c app/study/run-command.h \
	app/study/sbom.c app/study/sbom.h \
	app/study/script.c app/study/script.h \
	app/study/settings.c app/study/settings.h \
	app/study/shell.c app/study/shell.h \
	app/study/site.c app/study/site.h \
	app/study/snapshot.c app/study/snapshot.h \
	app/study/statistics.c app/study/statistics.h \
	app/study/submit.c app/study/submit.h \
	app/study/tuning.c app/study/tuning.h \
	app/study/tuning-csv.c \
	app/study/study.c app/study/study.h \
	app/study/study-metrics.c app/study/study-metrics.h \
	app/study/study-record.c app/study/study-record.h \
	app/study/study-run.c app/study/study-run.h \
	app/study/study-words.c
EXTRA_DIST += app/study/README.md

# The commands: everything but main.c is a library, so that tests can link it.
noinst_LIBRARIES += app/cli/libhlcli.a
app_cli_libhlcli_a_SOURCES = \
	app/cli/cmd-bench.c \
	app/cli/cmd-compare.c \
	app/cli/cmd-diff.c \
	app/cli/cmd-doctor.c \
	app/cli/cmd-embed.c \
	app/cli/cmd-eval.c \
	app/cli/cmd-export.c app/cli/cmd-import.c \
	app/cli/cmd-import-data.c \
	app/cli/cmd-plan.c \
	app/cli/cmd-prepare.c \
	app/cli/cmd-rehearse.c \
	app/cli/cmd-show.c \
	app/cli/cmd-study.c \
	app/cli/cmd-synth.c \
	app/cli/cmd-trace.c \
	app/cli/cmd-train.c \
	app/cli/commands.h \
	app/cli/help.c \
	app/cli/output.c app/cli/output.h \
	app/cli/plan-json.c \
	app/cli/plan-search.c \
	app/cli/plan-show.c app/cli/plan-show.h \
	app/cli/rehearse-show.c app/cli/rehearse-show.h

bin_PROGRAMS += hllm
hllm_SOURCES = app/cli/main.c
hllm_LDADD = $(APP_LINK)
EXTRA_DIST += app/cli/README.md

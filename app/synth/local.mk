# Data with a planted structure.
noinst_LIBRARIES += app/synth/libhlsynth.a
app_synth_libhlsynth_a_SOURCES = \
	app/synth/synth.c app/synth/synth.h \
	app/synth/synth-oracle.c app/synth/synth-oracle.h \
	app/synth/synth-settings.c app/synth/synth-settings.h \
	app/synth/synth-texts.c app/synth/synth-texts.h \
	app/synth/synth-world.c app/synth/synth-world.h
EXTRA_DIST += app/synth/README.md

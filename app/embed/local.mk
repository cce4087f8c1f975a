# Vectors of items for other programs.
noinst_LIBRARIES += app/embed/libhlembed.a
app_embed_libhlembed_a_SOURCES = \
	app/embed/embed.c app/embed/embed.h \
	app/embed/embed-file.c app/embed/embed-file.h \
	app/embed/embed-texts.c app/embed/embed-texts.h
EXTRA_DIST += app/embed/README.md

# Vectors of items and users for other programs.
noinst_LIBRARIES += app/embed/libhlembed.a
app_embed_libhlembed_a_SOURCES = \
	app/embed/embed.c app/embed/embed.h \
	app/embed/embed-file.c app/embed/embed-file.h \
	app/embed/embed-source.c app/embed/embed-source.h \
	app/embed/embed-catalogue.c \
	app/embed/embed-table.c \
	app/embed/embed-texts.c app/embed/embed-texts.h \
	app/embed/embed-users.c
EXTRA_DIST += app/embed/README.md

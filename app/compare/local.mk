# Models beside each other, user by user.
noinst_LIBRARIES += app/compare/libhlcompare.a
app_compare_libhlcompare_a_SOURCES = \
	app/compare/comparison.c app/compare/comparison.h \
	app/compare/comparison-show.c app/compare/comparison-show.h
EXTRA_DIST += app/compare/README.md

# Data sets of others to the CSV files of a data set of ours.
noinst_LIBRARIES += app/import/libhlimport.a
app_import_libhlimport_a_SOURCES = \
	app/import/import.c app/import/import.h \
	app/import/import-csv.c app/import/import-csv.h \
	app/import/import-filter.c app/import/import-filter.h \
	app/import/import-interactions.c app/import/import-interactions.h \
	app/import/import-kinds.c app/import/import-kinds.h \
	app/import/import-report.c app/import/import-report.h \
	app/import/import-settings.c app/import/import-settings.h \
	app/import/import-show.c app/import/import-show.h \
	app/import/import-texts.c app/import/import-texts.h
EXTRA_DIST += app/import/README.md

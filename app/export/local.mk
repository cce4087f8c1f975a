# Weights for other programs, and from them.
noinst_LIBRARIES += app/export/libhlexport.a
app_export_libhlexport_a_SOURCES = \
	app/export/model-export-files.c app/export/model-export-files.h \
	app/export/model-export-plan.c app/export/model-export-plan.h \
	app/export/model-export.c app/export/model-export.h \
	app/export/model-import.c app/export/model-import.h
EXTRA_DIST += app/export/README.md

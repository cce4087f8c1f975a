# The configuration of a job.
noinst_LIBRARIES += app/config/libhlconfig.a
app_config_libhlconfig_a_SOURCES = \
	app/config/arguments.c app/config/arguments.h \
	app/config/build.c app/config/build.h \
	app/config/config-check.c app/config/config-compare.c app/config/config-set.c app/config/config.h \
	app/config/id-models.c app/config/id-models.h \
	app/config/labels.c app/config/labels.h \
	app/config/model-choice.c app/config/model-choice.h \
	app/config/names.c app/config/names.h \
	app/config/nearest.c app/config/nearest.h \
	app/config/option-values.c app/config/options.c app/config/options.h \
	app/config/public-keys.c app/config/public-keys.h \
	app/config/quote.c app/config/quote.h \
	app/config/same.c app/config/same.h \
	app/config/unpretrained.c app/config/unpretrained.h \
	app/config/yaml.c app/config/yaml.h

# What the program was made of: written again only when it would change.
BUILT_SOURCES += app/config/build-info.h
CLEANFILES += app/config/build-info.h
app/config/build.$(OBJEXT): app/config/build-info.h
app/config/build-info.h: always
	@$(MKDIR_P) app/config
	@commit=unknown; flags=`echo $(CFLAGS) $(HL_CFLAGS)`; \
	if test -e '$(srcdir)/.git'; then commit=`git -C '$(srcdir)' describe --always --dirty 2>/dev/null` || commit=unknown; fi; \
	{ echo '/* build-info.h - written by make. */'; \
	  echo '#ifndef APP_CONFIG_BUILD_INFO_H'; \
	  echo '#define APP_CONFIG_BUILD_INFO_H'; \
	  echo '#define HL_VERSION "$(PACKAGE_VERSION)"'; \
	  echo "#define HL_COMMIT \"$$commit\""; \
	  echo "#define HL_SCALAPACK \"`echo $(SCALAPACK_LIBS)`\""; \
	  echo "#define HL_FLAGS \"$$flags\""; \
	  echo '#endif'; } >$@.new
	@if cmp -s $@.new $@; then rm -f $@.new; else mv -f $@.new $@; fi
.PHONY: always
always:
EXTRA_DIST += app/config/README.md

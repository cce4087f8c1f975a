# What a person starts: everything but main.c is a library, so that tests can link it.
noinst_LIBRARIES += experiments/libhlexperiments.a
experiments_libhlexperiments_a_SOURCES = \
	experiments/config.c experiments/config.h \
	experiments/help.c \
	experiments/nearest.c experiments/nearest.h \
	experiments/options.c experiments/options.h \
	experiments/names.c experiments/names.h \
	experiments/yaml.c experiments/yaml.h
EXPERIMENTS_LINK = experiments/libhlexperiments.a $(HOUSE_LINK) $(YAML_LIBS)

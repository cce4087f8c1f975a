# hl_yaml.m4 - libyaml, which reads configurations.
AC_DEFUN([HL_YAML], [HL_PLAIN_LIBRARY([YAML], [yaml-0.1],
  [[#include <yaml.h>]], [[yaml_parser_t p; yaml_parser_initialize(&p);]], [libyaml], [libyaml-dev])])

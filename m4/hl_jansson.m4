# hl_jansson.m4 - Jansson, for JSON.
AC_DEFUN([HL_JANSSON], [HL_PLAIN_LIBRARY([JANSSON], [jansson],
  [[#include <jansson.h>]], [[json_object();]], [Jansson], [libjansson-dev])])

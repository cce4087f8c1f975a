# hl_cunit.m4 - CUnit, for the tests.
AC_DEFUN([HL_CUNIT], [HL_PLAIN_LIBRARY([CUNIT], [cunit],
  [[#include <CUnit/CUnit.h>]], [[CU_initialize_registry();]], [CUnit], [libcunit1-dev])])

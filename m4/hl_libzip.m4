# hl_libzip.m4 - libzip, which finds the entries of PyTorch's files.
AC_DEFUN([HL_LIBZIP], [HL_PLAIN_LIBRARY([LIBZIP], [libzip],
  [[#include <zip.h>]], [[zip_error_t e; zip_error_init(&e);]], [libzip], [libzip-dev])])

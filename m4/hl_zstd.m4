# hl_zstd.m4 - Zstandard, which reads files packed by zstd.
AC_DEFUN([HL_ZSTD], [HL_PLAIN_LIBRARY([ZSTD], [libzstd],
  [[#include <zstd.h>]], [[ZSTD_createDStream();]], [Zstandard], [libzstd-dev])])

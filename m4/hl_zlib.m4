# hl_zlib.m4 - zlib, which reads files packed by gzip.
AC_DEFUN([HL_ZLIB], [HL_PLAIN_LIBRARY([ZLIB], [zlib],
  [[#include <zlib.h>]], [[z_stream z; inflateInit2(&z, 31);]], [zlib], [zlib1g-dev])])

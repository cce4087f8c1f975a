# hl_xxhash.m4 - xxHash, for digests.
AC_DEFUN([HL_XXHASH], [HL_PLAIN_LIBRARY([XXHASH], [libxxhash],
  [[#include <xxhash.h>]], [[XXH3_64bits(0, 0);]], [xxHash], [libxxhash-dev])])

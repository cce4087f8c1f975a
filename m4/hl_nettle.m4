# hl_nettle.m4 - Nettle, for the SHA-256 of files that others compare.
AC_DEFUN([HL_NETTLE], [HL_PLAIN_LIBRARY([NETTLE], [nettle],
  [[#include <nettle/sha2.h>]], [[struct sha256_ctx c; nettle_sha256_init(&c);]], [Nettle], [nettle-dev])])

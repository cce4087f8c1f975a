# hl_dnnl.m4 - oneDNN, which multiplies bf16 where the processor can; without it everything but that works.
#
# Debian's package brings no file for pkg-config.  DNNL_LIBS given by the user wins; DNNL_LIBS=no leaves oneDNN out.
AC_DEFUN([HL_DNNL],
[AC_ARG_VAR([DNNL_LIBS], [flags to link with oneDNN, instead of -ldnnl; "no": without it])
AS_IF([test -z "$DNNL_LIBS"], [DNNL_LIBS=-ldnnl])
DNNL_CFLAGS=
AC_MSG_CHECKING([whether oneDNN can be used])
hl_found=no
AS_IF([test "$DNNL_LIBS" != no],
  [HL_LINKS([], [$DNNL_LIBS], [[#include <oneapi/dnnl/dnnl.h>]],
    [[dnnl_matmul_desc_t d; return dnnl_matmul_desc_init(&d, 0, 0, 0, 0) == dnnl_success;]],
    [hl_found=yes DNNL_CFLAGS=-DHL_HAS_DNNL])])
AC_MSG_RESULT([$hl_found])
AS_IF([test $hl_found = no],
  [DNNL_LIBS=
   AC_MSG_NOTICE([precision bf16 needs oneDNN; on Debian: apt install libdnnl-dev])])
AC_SUBST([DNNL_CFLAGS])])

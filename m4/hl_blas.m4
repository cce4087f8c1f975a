# hl_blas.m4 - OpenBLAS, its OpenMP flavour where there is a choice.
#
# Debian installs the flavours side by side under one name, and a switch of the whole system (update-alternatives)
# decides which one a program gets when it starts.  Ours must share its threads with OpenMP, so the folder of the
# flavour goes into the program (rpath).  BLAS_CFLAGS and BLAS_LIBS given by the user win.
AC_DEFUN([HL_BLAS_OPENMP_FOLDER],
[hl_multiarch=`$CC -print-multiarch 2>/dev/null`
for hl_lib in "/usr/lib/$hl_multiarch" /usr/lib64 /usr/lib; do
  hl_lib=$hl_lib/openblas-openmp
  AS_IF([test -f "$hl_lib/libopenblas.so"],
    [BLAS_LIBS="-L$hl_lib -Wl,-rpath,$hl_lib -lopenblas"
     BLAS_CFLAGS="-I/usr/include/$hl_multiarch/openblas-openmp"
     break])
done])

AC_DEFUN([HL_BLAS],
[AS_IF([test -z "$BLAS_LIBS"], [HL_BLAS_OPENMP_FOLDER])
PKG_CHECK_MODULES([BLAS], [openblas], [:], [BLAS_LIBS=-lopenblas])
AC_MSG_CHECKING([whether OpenBLAS can be used])
HL_LINKS([$BLAS_CFLAGS], [$BLAS_LIBS], [[#include <cblas.h>]], [[return openblas_get_parallel() + (int)cblas_sdsdot(0, 0, 0, 1, 0, 1);]],
  [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
   HL_MISSING([OpenBLAS], [libopenblas-openmp-dev])])
HL_BLAS_FLAVOUR])

# openblas_get_parallel() says 0 for no threads, 1 for its own, 2 for OpenMP's.
AC_DEFUN([HL_BLAS_FLAVOUR],
[AC_CACHE_CHECK([for the threads of OpenBLAS], [hl_cv_blas_threads],
 [hl_save_CPPFLAGS=$CPPFLAGS hl_save_LIBS=$LIBS
  CPPFLAGS="$CPPFLAGS $BLAS_CFLAGS" LIBS="$BLAS_LIBS $LIBS"
  AC_RUN_IFELSE([AC_LANG_PROGRAM([[#include <cblas.h>]], [[return openblas_get_parallel() != 2;]])],
    [hl_cv_blas_threads=OpenMP], [hl_cv_blas_threads="its own"], [hl_cv_blas_threads=unknown])
  CPPFLAGS=$hl_save_CPPFLAGS LIBS=$hl_save_LIBS])
AS_IF([test "$hl_cv_blas_threads" = "its own"],
  [AC_MSG_WARN([this OpenBLAS keeps threads of its own beside those of OpenMP; libopenblas-openmp-dev is the better one])])])

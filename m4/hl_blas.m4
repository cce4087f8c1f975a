# hl_blas.m4 - the BLAS that is given, or OpenBLAS, its OpenMP flavour where there is a choice.
#
# Debian installs the flavours side by side under one name, and a switch of the whole system (update-alternatives)
# decides which one a program gets when it starts.  Ours must share its threads with OpenMP, so the folder of the
# flavour goes into the program (rpath).
#
# Where BLAS_LIBS is given, it is taken with BLAS_CFLAGS, and nothing is searched.  Any BLAS with cblas.h serves: BLIS, netlib.
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
[AC_ARG_VAR([BLAS_LIBS], [flags to link with a BLAS that has the C interface, instead of OpenBLAS])
AC_ARG_VAR([BLAS_CFLAGS], [where its cblas.h is])
AS_IF([test -n "$BLAS_LIBS"], [AC_SUBST([BLAS_CFLAGS])],
  [HL_BLAS_OPENMP_FOLDER
   PKG_CHECK_MODULES([BLAS], [openblas], [:], [BLAS_LIBS=-lopenblas])])
AC_MSG_CHECKING([whether this BLAS can be used])
HL_LINKS([$BLAS_CFLAGS], [$BLAS_LIBS], [[#include <cblas.h>
  #include <stddef.h>]],
  [[cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, 0, 0, 0, 1, NULL, 1, NULL, 1, 0, NULL, 1);
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, 0, 0, 1, NULL, 1, 0, NULL, 1);]],
  [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
   HL_MISSING([a BLAS with the C interface], [libopenblas-openmp-dev])])
HL_LINKS([$BLAS_CFLAGS], [$BLAS_LIBS], [[#include <cblas.h>]], [[return openblas_get_parallel() + !openblas_get_config();]],
  [BLAS_CFLAGS="$BLAS_CFLAGS -DHL_HAS_OPENBLAS"
   HL_BLAS_FLAVOUR], [hl_cv_blas_threads="not known"])])

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

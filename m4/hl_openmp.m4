# hl_openmp.m4 - OpenMP, for the threads of one rank.
AC_DEFUN([HL_OPENMP],
[AC_OPENMP
AS_IF([test "$ac_cv_prog_c_openmp" = unsupported], [HL_MISSING([OpenMP], [gcc])])])

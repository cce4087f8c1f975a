# hl_scalapack.m4 - ScaLAPACK: nothing uses it yet; whether it is there is said in the summary.
AC_DEFUN([HL_SCALAPACK],
[PKG_CHECK_EXISTS([scalapack-openmpi], [hl_scalapack=yes], [hl_scalapack=no])
AC_MSG_CHECKING([for ScaLAPACK])
AC_MSG_RESULT([$hl_scalapack])])

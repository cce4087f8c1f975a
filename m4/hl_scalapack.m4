# hl_scalapack.m4 - ScaLAPACK with its BLACS, as Debian or as others name it.  SCALAPACK_LIBS given by the user wins.
#
# What pkg-config says of it also names BLAS and LAPACK, of whatever flavour; ours are in BLAS_LIBS.
# Comes after HL_MPI and HL_BLAS.
AC_DEFUN([HL_SCALAPACK],
[AC_ARG_VAR([SCALAPACK_LIBS], [flags to link with ScaLAPACK, instead of looking for it])
AC_MSG_CHECKING([whether ScaLAPACK can be used])
hl_found=no
for hl_try in "$SCALAPACK_LIBS" -lscalapack-$hl_mpi_kind -lscalapack; do
  AS_IF([test $hl_found = no && test -n "$hl_try"],
    [HL_LINKS([], [$hl_try $BLAS_LIBS $MPI_LIBS], [[void Cblacs_gridexit(int); void pdpotrf_(void);]],
      [[Cblacs_gridexit(0); pdpotrf_();]],
      [SCALAPACK_LIBS=$hl_try hl_found=yes])])
done
AC_MSG_RESULT([$hl_found])
AS_IF([test $hl_found = no], [HL_MISSING([ScaLAPACK], [libscalapack-$hl_mpi_kind-dev])],
  [HL_OF_THIS_MPI([ScaLAPACK], [SCALAPACK_LIBS], [$MPI_CFLAGS], [$SCALAPACK_LIBS $BLAS_LIBS $MPI_LIBS],
    [void Cblacs_gridexit(int); void pdpotrf_(void);], [Cblacs_gridexit(0); pdpotrf_();])])])

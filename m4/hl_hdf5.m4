# hl_hdf5.m4 - HDF5 that was built for MPI.  HDF5_CFLAGS and HDF5_LIBS given by the user win, then HDF5_DIR.
# Comes after HL_MPI, whose kind says which of several is looked for.
AC_DEFUN([HL_HDF5],
[AC_ARG_VAR([HDF5_DIR], [folder of a parallel HDF5, with include/ and lib/])
AS_IF([test -z "$HDF5_LIBS" && test -n "$HDF5_DIR"],
  [HDF5_CFLAGS="-I$HDF5_DIR/include"
   HDF5_LIBS="-L$HDF5_DIR/lib -Wl,-rpath,$HDF5_DIR/lib -lhdf5"])
PKG_CHECK_MODULES([HDF5], [hdf5-$hl_mpi_kind], [:], [PKG_CHECK_MODULES([HDF5], [hdf5], [:], [:])])
AC_MSG_CHECKING([whether parallel HDF5 can be used])
HL_LINKS([$MPI_CFLAGS $HDF5_CFLAGS], [$HDF5_LIBS $MPI_LIBS], [[#include <hdf5.h>]],
  [[H5Pset_fapl_mpio(0, MPI_COMM_WORLD, MPI_INFO_NULL);]],
  [AC_MSG_RESULT([yes])
   HL_OF_THIS_MPI([HDF5], [HDF5_LIBS], [$MPI_CFLAGS $HDF5_CFLAGS], [$HDF5_LIBS $MPI_LIBS],
     [#include <hdf5.h>], [H5open();])],
  [AC_MSG_RESULT([no])
   HL_MISSING([parallel HDF5], [libhdf5-$hl_mpi_kind-dev])])])

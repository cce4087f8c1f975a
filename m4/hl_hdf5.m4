# hl_hdf5.m4 - HDF5, 1.10 or later, with MPI or without: it never meets more than one rank.  HDF5_CFLAGS and HDF5_LIBS given by the
# user win, then HDF5_DIR, then the serial one that pkg-config knows.  Comes after HL_MPI: a parallel HDF5 brings an MPI along, and its headers ask
# for it.
AC_DEFUN([HL_HDF5],
[AC_ARG_VAR([HDF5_DIR], [folder of an HDF5, with include/ and lib/])
AS_IF([test -z "$HDF5_LIBS" && test -n "$HDF5_DIR"],
  [HDF5_CFLAGS="-I$HDF5_DIR/include"
   HDF5_LIBS="-L$HDF5_DIR/lib -Wl,-rpath,$HDF5_DIR/lib -lhdf5"])
PKG_CHECK_MODULES([HDF5], [hdf5-serial], [:],
  [PKG_CHECK_MODULES([HDF5], [hdf5-$hl_mpi_kind], [:], [PKG_CHECK_MODULES([HDF5], [hdf5], [:], [:])])])
AC_MSG_CHECKING([whether HDF5 can be used])
HL_LINKS([$MPI_CFLAGS $HDF5_CFLAGS], [$HDF5_LIBS $MPI_LIBS], [[#include <hdf5.h>
#if !H5_VERSION_GE(1, 10, 0)
#error older
#endif]],
  [[H5Dget_offset(0);]],
  [AC_MSG_RESULT([yes])
   HL_OF_THIS_MPI([HDF5], [HDF5_LIBS], [$MPI_CFLAGS $HDF5_CFLAGS], [$HDF5_LIBS $MPI_LIBS],
     [#include <hdf5.h>], [H5open();])],
  [AC_MSG_RESULT([no])
   HL_MISSING([HDF5 1.10 or later], [libhdf5-dev])])])

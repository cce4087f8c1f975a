# hl_mpi.m4 - MPI: the compiler wrapper in the path (a loaded module), else pkg-config.
# MPI_CFLAGS and MPI_LIBS given by the user win.

# Open MPI's wrapper says its flags one way, MPICH's another, which repeats the compiler's name.
AC_DEFUN([HL_MPI_ASK_WRAPPER],
[AS_IF([$MPICC --showme:compile >/dev/null 2>&1],
  [MPI_CFLAGS=`$MPICC --showme:compile`
   MPI_LIBS=`$MPICC --showme:link`],
  [MPI_CFLAGS=`$MPICC -compile_info 2>/dev/null | cut -d' ' -f2-`
   MPI_LIBS=`$MPICC -link_info 2>/dev/null | cut -d' ' -f2-`])])

AC_DEFUN([HL_MPI],
[AC_ARG_VAR([MPI_CFLAGS], [flags to compile with MPI, instead of asking mpicc])
AC_ARG_VAR([MPI_LIBS], [flags to link with MPI, instead of asking mpicc])
AC_ARG_VAR([MPICC], [the compiler wrapper that is asked for flags])
AC_ARG_VAR([MPIRUN], [what starts the ranks of the tests])
AC_CHECK_PROGS([MPICC], [mpicc])
AC_CHECK_PROGS([MPIRUN], [mpirun mpiexec], [mpirun])
AS_IF([test -z "$MPI_LIBS" && test -n "$MPICC"], [HL_MPI_ASK_WRAPPER])
AS_IF([test -z "$MPI_LIBS"], [PKG_CHECK_MODULES([MPI], [ompi-c], [:], [:])])
AC_MSG_CHECKING([whether MPI can be used])
HL_LINKS([$MPI_CFLAGS], [$MPI_LIBS], [[#include <mpi.h>]], [[MPI_Init(0, 0);]],
  [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
   HL_MISSING([MPI], [libopenmpi-dev openmpi-bin])])])

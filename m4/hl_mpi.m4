# hl_mpi.m4 - MPI: the compiler wrapper in the path (a loaded module), else pkg-config.
# MPI_CFLAGS and MPI_LIBS given by the user win.  hl_mpi_kind becomes mpich for all of its family (Intel MPI, MVAPICH, Cray), else openmpi.

# Open MPI's wrapper says its flags one way, MPICH's another, which repeats the compiler's name.
AC_DEFUN([HL_MPI_ASK_WRAPPER],
[AS_IF([$MPICC --showme:compile >/dev/null 2>&1],
  [MPI_CFLAGS=`$MPICC --showme:compile`
   MPI_LIBS=`$MPICC --showme:link`],
  [MPI_CFLAGS=`$MPICC -compile_info 2>/dev/null | cut -d' ' -f2-`
   MPI_LIBS=`$MPICC -link_info 2>/dev/null | cut -d' ' -f2-`])])

# The mpirun of that wrapper: it has the same folder and, at Debian, the same last name (mpicc.mpich, mpirun.mpich).
AC_DEFUN([HL_MPI_RUN],
[AS_CASE([$MPICC], [*/*], [hl_mpi_path=`AS_DIRNAME(["$MPICC"])`$PATH_SEPARATOR$PATH], [hl_mpi_path=$PATH])
AS_CASE([$MPICC], [*.mpich], [hl_mpi_name=.mpich], [*.openmpi], [hl_mpi_name=.openmpi], [hl_mpi_name=])
AC_CHECK_PROGS([MPIRUN], [mpirun$hl_mpi_name mpirun mpiexec], [mpirun], [$hl_mpi_path])
AS_CASE([$MPICC], [*/*],
  [hl_mpi_run=`AS_DIRNAME(["$MPICC"])`/$MPIRUN
   AS_IF([test -x "$hl_mpi_run"], [MPIRUN=$hl_mpi_run])])])

# GCC takes MPICH's MPI_STATUSES_IGNORE, the address 1, for an array that is too short.
AC_DEFUN([HL_MPI_QUIET],
[hl_save_CFLAGS=$CFLAGS hl_save_CPPFLAGS=$CPPFLAGS
CFLAGS="$CFLAGS -O2 -Werror=stringop-overflow" CPPFLAGS="$CPPFLAGS $MPI_CFLAGS"
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <mpi.h>]], [[MPI_Waitall(0, 0, MPI_STATUSES_IGNORE);]])],
  [hl_mpi_quiet=], [hl_mpi_quiet=-Wno-stringop-overflow])
CFLAGS=$hl_save_CFLAGS CPPFLAGS=$hl_save_CPPFLAGS])

# HL_MPI_LOADED(VARIABLE, CFLAGS, LIBS, PROLOGUE, BODY): the MPI libraries that this program would load.
# A static library names none, and neither does a system without ldd.
AC_DEFUN([HL_MPI_LOADED],
[hl_save_CPPFLAGS=$CPPFLAGS hl_save_LIBS=$LIBS $1=
CPPFLAGS="$CPPFLAGS $2" LIBS="$3 $LIBS"
AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <mpi.h>
$4]], [[MPI_Init(0, 0); $5]])],
  [$1=`ldd ./conftest$EXEEXT 2>/dev/null | sed -n 's/^.*\(libmpi\(ch\)*\.so[[^ ]]*\).*=>.*$/\1/p' | sort -u | tr '\n' ' '`])
CPPFLAGS=$hl_save_CPPFLAGS LIBS=$hl_save_LIBS])

# HL_OF_THIS_MPI(WHAT, VARIABLE, CFLAGS, LIBS, PROLOGUE, BODY): a library that brings another MPI along is refused: the program
# would link, and go wrong when it runs.
AC_DEFUN([HL_OF_THIS_MPI],
[AC_MSG_CHECKING([whether $1 was built with this MPI])
HL_MPI_LOADED([hl_loaded], [$3], [$4], [$5], [$6])
hl_other=
for hl_library in $hl_loaded; do
  AS_CASE([" $hl_mpi_loaded "], [*" $hl_library "*], [:], [hl_other=$hl_library])
done
AS_IF([test -z "$hl_mpi_loaded" || test -z "$hl_other"],
  [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no, with $hl_other])
   AC_MSG_ERROR([$1 ($$2) was built with another MPI, $hl_other, than $MPICC has, ${hl_mpi_loaded% }; name the one that belongs to it by $2, or another MPI by MPICC; on Debian: apt install lib*-$hl_mpi_kind-dev])])])

AC_DEFUN([HL_MPI],
[AC_ARG_VAR([MPI_CFLAGS], [flags to compile with MPI, instead of asking mpicc])
AC_ARG_VAR([MPI_LIBS], [flags to link with MPI, instead of asking mpicc])
AC_ARG_VAR([MPICC], [the compiler wrapper that is asked for flags])
AC_ARG_VAR([MPIRUN], [what starts the ranks of the tests])
AC_CHECK_PROGS([MPICC], [mpicc])
HL_MPI_RUN
AS_IF([test -z "$MPI_LIBS" && test -n "$MPICC"], [HL_MPI_ASK_WRAPPER])
AS_IF([test -z "$MPI_LIBS"], [PKG_CHECK_MODULES([MPI], [ompi-c], [:], [:])])
AC_MSG_CHECKING([whether MPI can be used])
HL_LINKS([$MPI_CFLAGS], [$MPI_LIBS], [[#include <mpi.h>]], [[MPI_Init(0, 0);]],
  [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
   HL_MISSING([MPI], [libopenmpi-dev openmpi-bin])])
AC_MSG_CHECKING([which MPI it is])
HL_LINKS([$MPI_CFLAGS], [$MPI_LIBS], [[#include <mpi.h>
#ifndef MPICH_VERSION
#error another
#endif]], [], [hl_mpi_kind=mpich], [hl_mpi_kind=openmpi])
HL_MPI_LOADED([hl_mpi_loaded], [$MPI_CFLAGS], [$MPI_LIBS])
AC_MSG_RESULT([$hl_mpi_kind, ${hl_mpi_loaded:-a static library}])
HL_MPI_QUIET
MPI_CFLAGS="$MPI_CFLAGS $hl_mpi_quiet"])

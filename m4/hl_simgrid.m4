# hl_simgrid.m4 - SimGrid with its MPI (SMPI), on which steps are rehearsed; everything else does without.
#
# smpicc is not asked: it puts a header before all others, of which hllm-rehearse needs the clock alone, and links with -shared.
# --with-smpi=no leaves it out, --with-smpi=FOLDER names where SimGrid is, --with-smpi is an error where it is not.
AC_DEFUN([HL_SIMGRID],
[AC_ARG_WITH([smpi],
  [AS_HELP_STRING([--with-smpi@<:@=FOLDER@:>@], [build hllm-rehearse, on SimGrid's MPI; by default where it is found])],
  [], [with_smpi=maybe])
hl_found=no SMPIRUN=
AS_CASE([$with_smpi], [no], [:],
  [maybe | yes], [AC_PATH_PROG([SMPIRUN], [smpirun])],
  [AC_PATH_PROG([SMPIRUN], [smpirun], [], [$with_smpi/bin])])
AS_IF([test -n "$SMPIRUN"],
  [hl_smpi=`AS_DIRNAME(["$SMPIRUN"])`/..
   SMPI_CPPFLAGS="-I$hl_smpi/include/smpi -I$hl_smpi/include"
   SMPI_LIBS=-lsimgrid
   AS_CASE([$with_smpi], [maybe | yes], [], [SMPI_LIBS="-L$with_smpi/lib -Wl,-rpath,$with_smpi/lib -lsimgrid"])])
AC_MSG_CHECKING([whether SMPI can be used])
AS_IF([test -n "$SMPIRUN"],
  [HL_LINKS([$SMPI_CPPFLAGS], [$SMPI_LIBS], [[#include <mpi.h>
#include <smpi/smpi.h>]], [[smpi_shared_malloc(1, "", 0); MPI_Init(0, 0);]], [hl_found=yes])])
AC_MSG_RESULT([$hl_found])
AS_IF([test $hl_found = no],
  [SMPIRUN=
   AS_CASE([$with_smpi], [maybe | no],
     [AC_MSG_NOTICE([hllm rehearse needs SimGrid; on Debian: apt install libsimgrid-dev])],
     [HL_MISSING([SimGrid with SMPI], [libsimgrid-dev])])])
AC_SUBST([SMPIRUN])
AC_SUBST([SMPI_CPPFLAGS])
AC_SUBST([SMPI_LIBS])
AM_CONDITIONAL([SMPI], [test $hl_found = yes])])

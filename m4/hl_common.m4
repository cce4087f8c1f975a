# hl_common.m4 - what every search for a library uses.

# HL_MISSING(WHAT, PACKAGE): remember one thing that is not there; HL_REPORT_MISSING names them all.
AC_DEFUN([HL_MISSING],
[AC_MSG_WARN([$1 was not found; on Debian: apt install $2])
hl_missing="$hl_missing $2"])

AC_DEFUN([HL_REPORT_MISSING],
[AS_IF([test -n "$hl_missing"],
  [AC_MSG_ERROR([something to build with is missing; on Debian: apt install$hl_missing])])])

# HL_LINKS(CFLAGS, LIBS, PROLOGUE, BODY, IF-SO, IF-NOT): does this program compile and link?
AC_DEFUN([HL_LINKS],
[hl_save_CPPFLAGS=$CPPFLAGS hl_save_LIBS=$LIBS
CPPFLAGS="$CPPFLAGS $1" LIBS="$2 $LIBS"
AC_LINK_IFELSE([AC_LANG_PROGRAM([$3], [$4])], [hl_links=yes], [hl_links=no])
CPPFLAGS=$hl_save_CPPFLAGS LIBS=$hl_save_LIBS
AS_IF([test $hl_links = yes], [$5], [$6])])

# HL_PLAIN_LIBRARY(PREFIX, MODULE, PROLOGUE, BODY, WHAT, PACKAGE): a library that pkg-config knows.
# PREFIX_CFLAGS and PREFIX_LIBS given by the user win.
AC_DEFUN([HL_PLAIN_LIBRARY],
[PKG_CHECK_MODULES([$1], [$2], [:], [:])
AC_MSG_CHECKING([whether $5 can be used])
HL_LINKS([$$1_CFLAGS], [$$1_LIBS], [$3], [$4],
  [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
   HL_MISSING([$5], [$6])])])

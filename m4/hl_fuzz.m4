# hl_fuzz.m4 - a clang that has libFuzzer, for make check-fuzz; everything else does without.
#
# CLANG given by the user wins; CLANG=no leaves it out.
AC_DEFUN([HL_FUZZ],
[AC_ARG_VAR([CLANG], [a clang with libFuzzer, for make check-fuzz; "no": without it])
AS_IF([test -z "$CLANG"], [AC_CHECK_PROGS([CLANG], [clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14 clang-13], [no])])
AC_MSG_CHECKING([whether readers can be fuzzed])
hl_found=no
AS_IF([test "$CLANG" != no],
  [echo 'int LLVMFuzzerTestOneInput(const unsigned char *x, unsigned long n) { return x && n > 1000000; }' >conftest.c
   AS_IF([$CLANG -fsanitize=fuzzer,address,undefined conftest.c -o conftest >/dev/null 2>&1], [hl_found=yes])
   rm -f conftest.c conftest])
AC_MSG_RESULT([$hl_found])
AS_IF([test $hl_found = no],
  [CLANG=
   AC_MSG_NOTICE([make check-fuzz needs clang with libFuzzer; on Debian: apt install clang])])])

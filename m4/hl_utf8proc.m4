# hl_utf8proc.m4 - utf8proc, Unicode's normal forms and categories, for tokenizers.
AC_DEFUN([HL_UTF8PROC], [HL_PLAIN_LIBRARY([UTF8PROC], [libutf8proc],
  [[#include <utf8proc.h>]], [[utf8proc_category(65);]], [utf8proc], [libutf8proc-dev])])

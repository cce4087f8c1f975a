# hl_pcre2.m4 - PCRE2, the regular expressions of tokenizers, with Unicode's properties.
AC_DEFUN([HL_PCRE2], [HL_PLAIN_LIBRARY([PCRE2], [libpcre2-8],
  [[#define PCRE2_CODE_UNIT_WIDTH 8
    #include <pcre2.h>]], [[uint32_t has; pcre2_config(PCRE2_CONFIG_UNICODE, &has);]], [PCRE2], [libpcre2-dev])])

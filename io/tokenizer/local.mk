# Text to token ids.
noinst_LIBRARIES += io/tokenizer/libhltokenizer.a
io_tokenizer_libhltokenizer_a_CPPFLAGS = $(IO_CPPFLAGS) $(PCRE2_CFLAGS) $(UTF8PROC_CFLAGS) $(NETTLE_CFLAGS)
io_tokenizer_libhltokenizer_a_SOURCES = \
	io/tokenizer/added-tokens.c io/tokenizer/added-tokens.h \
	io/tokenizer/base64.c io/tokenizer/base64.h \
	io/tokenizer/bpe.c io/tokenizer/bpe.h \
	io/tokenizer/byte-letters.c io/tokenizer/byte-letters.h \
	io/tokenizer/fast-json.c io/tokenizer/fast-json.h \
	io/tokenizer/ids.c io/tokenizer/ids.h \
	io/tokenizer/make-fast.c io/tokenizer/make-fast.h \
	io/tokenizer/model-bpe.c \
	io/tokenizer/model-unigram.c \
	io/tokenizer/model-wordpiece.c \
	io/tokenizer/normal-bert.c \
	io/tokenizer/normal-chars.c io/tokenizer/normal-chars.h \
	io/tokenizer/normal-charsmap.c \
	io/tokenizer/normal-forms.c \
	io/tokenizer/normal-texts.c \
	io/tokenizer/normalizer.c io/tokenizer/normalizer.h \
	io/tokenizer/pipeline.c io/tokenizer/pipeline.h \
	io/tokenizer/postprocessor.c io/tokenizer/postprocessor.h \
	io/tokenizer/pre-bytelevel.c \
	io/tokenizer/pre-classes.c \
	io/tokenizer/pre-metaspace.c \
	io/tokenizer/pre-split.c \
	io/tokenizer/pretokenizer.c io/tokenizer/pretokenizer.h \
	io/tokenizer/protobuf.c io/tokenizer/protobuf.h \
	io/tokenizer/regex.c io/tokenizer/regex.h \
	io/tokenizer/regex-rewrite.c io/tokenizer/regex-rewrite.h \
	io/tokenizer/split-spans.c io/tokenizer/split-spans.h \
	io/tokenizer/spm-model.c io/tokenizer/spm-model.h \
	io/tokenizer/tok-buffer.c io/tokenizer/tok-buffer.h \
	io/tokenizer/tok-apply.c io/tokenizer/tok-apply.h \
	io/tokenizer/tok-bytes.c \
	io/tokenizer/tok-class.c io/tokenizer/tok-class.h \
	io/tokenizer/tok-config.c io/tokenizer/tok-config.h \
	io/tokenizer/tok-json.c \
	io/tokenizer/tok-merges.c io/tokenizer/tok-merges.h \
	io/tokenizer/tok-model.c io/tokenizer/tok-model.h \
	io/tokenizer/tok-sentencepiece.c \
	io/tokenizer/tok-specials.c io/tokenizer/tok-specials.h \
	io/tokenizer/tok-tiktoken.c \
	io/tokenizer/tok-vocab.c io/tokenizer/tok-vocab.h \
	io/tokenizer/tok-wordpiece.c \
	io/tokenizer/tokenizer.c io/tokenizer/tokenizer.h \
	io/tokenizer/unicode.c io/tokenizer/unicode.h \
	io/tokenizer/vocab.c io/tokenizer/vocab.h \
	io/tokenizer/word-cache.c io/tokenizer/word-cache.h \
	io/tokenizer/word-scan.c io/tokenizer/word-scan.h \
	io/tokenizer/tokenizer-kind.h
EXTRA_DIST += io/tokenizer/README.md

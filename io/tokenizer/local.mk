# Text to token ids.
noinst_LIBRARIES += io/tokenizer/libhltokenizer.a
io_tokenizer_libhltokenizer_a_CPPFLAGS = $(IO_CPPFLAGS)
io_tokenizer_libhltokenizer_a_SOURCES = \
	io/tokenizer/bpe.c io/tokenizer/bpe.h \
	io/tokenizer/protobuf.c io/tokenizer/protobuf.h \
	io/tokenizer/tok-bytes.c \
	io/tokenizer/tok-fast.c io/tokenizer/tok-fast.h \
	io/tokenizer/tok-folder.c io/tokenizer/tok-folder.h \
	io/tokenizer/tok-merges.c io/tokenizer/tok-merges.h \
	io/tokenizer/tok-rules.c io/tokenizer/tok-rules.h \
	io/tokenizer/tok-sentencepiece.c \
	io/tokenizer/tokenizer.c io/tokenizer/tokenizer.h \
	io/tokenizer/tokenizer-kind.h \
	io/tokenizer/vocab.c io/tokenizer/vocab.h
EXTRA_DIST += io/tokenizer/README.md

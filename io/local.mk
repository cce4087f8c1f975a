# Files; the only user of HDF5.
noinst_LIBRARIES += io/libhlio.a
io_libhlio_a_CPPFLAGS = $(HOUSE_CPPFLAGS) $(HDF5_CFLAGS) $(JANSSON_CFLAGS) $(XXHASH_CFLAGS)
io_libhlio_a_SOURCES = \
	io/tokenizer.c io/tokenizer.h io/tokenizer-kind.h io/tok-bytes.c io/tok-sentencepiece.c \
	io/tok-folder.c io/tok-folder.h io/tok-fast.c io/tok-fast.h io/tok-rules.c io/tok-rules.h \
	io/bpe.c io/bpe.h io/vocab.c io/vocab.h io/utf8.c io/utf8.h io/protobuf.c io/protobuf.h \
	io/atomic.c io/atomic.h io/aside.c io/aside.h io/regular.c io/regular.h io/remedy.c io/remedy.h io/mapped.c io/mapped.h \
	io/ledger-read.c io/ledger-read.h \
	io/h5.c io/h5.h \
	io/hf.c io/hf.h io/hf-config.c io/hf-config.h io/hf-folder.c io/hf-folder.h io/json.c io/json.h \
	io/safetensors.c io/safetensors.h \
	io/mismatches.c io/mismatches.h \
	io/cuts.c io/cuts.h io/split-report.c io/split-report.h \
	io/source.c io/source.h io/csv.c io/csv.h io/columns.c io/columns.h io/filekind.c io/filekind.h io/timestamp.c io/timestamp.h io/excerpt.c io/excerpt.h io/missing.c io/missing.h io/idtable.c io/idtable.h io/idjoin.c io/idjoin.h io/idform.c io/idform.h io/idmatch.c io/idmatch.h io/deal.h io/progress.c io/progress.h \
	io/samefile.c io/samefile.h \
	io/shard.c io/shard.h io/manifest.c io/manifest.h io/report.c io/report.h io/dataset.c io/dataset.h io/staging.c io/staging.h \
	io/interactions.c io/interactions.h io/texts.c io/texts.h io/duplicates.c io/duplicates.h io/dataset-write.c io/dataset-write.h \
	io/prepare.c io/prepare.h io/prepare-settings.c io/prepare-settings.h io/prepare-current.c io/prepare-current.h \
	io/blockdigest.c io/blockdigest.h \
	io/checkpoint.c io/checkpoint.h \
	io/checkpoint-manifest.c io/checkpoint-manifest.h \
	io/steps.c io/steps.h \
	io/tensors.c io/tensors.h io/tensor-index.c io/tensor-index.h io/positioned.c io/positioned.h io/folder.c io/folder.h \
	io/lock.c io/lock.h \
	io/place.c io/place.h \
	io/probe.c io/probe.h \
	io/record.c io/record.h

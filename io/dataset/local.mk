# Tables of text to a dataset.
noinst_LIBRARIES += io/dataset/libhldataset.a
io_dataset_libhldataset_a_CPPFLAGS = $(IO_CPPFLAGS)
io_dataset_libhldataset_a_SOURCES = \
	io/dataset/columns.c io/dataset/columns.h \
	io/dataset/csv.c io/dataset/csv.h \
	io/dataset/cuts.c io/dataset/cuts.h \
	io/dataset/dataset.c io/dataset/dataset.h \
	io/dataset/dataset-write.c io/dataset/dataset-write.h \
	io/dataset/deal.h \
	io/dataset/duplicates.c io/dataset/duplicates.h \
	io/dataset/fields.c io/dataset/fields.h io/dataset/fields-form.h io/dataset/fields-csv.c io/dataset/fields-lines.c \
	io/dataset/fields-json.c \
	io/dataset/filekind.c io/dataset/filekind.h \
	io/dataset/idcount.c io/dataset/idcount.h \
	io/dataset/idform.c io/dataset/idform.h \
	io/dataset/idjoin.c io/dataset/idjoin.h \
	io/dataset/idmatch.c io/dataset/idmatch.h \
	io/dataset/idtable.c io/dataset/idtable.h \
	io/dataset/interactions.c io/dataset/interactions.h \
	io/dataset/json-skim.c io/dataset/json-skim.h \
	io/dataset/label.c io/dataset/label.h \
	io/dataset/line-reader.c io/dataset/line-reader.h \
	io/dataset/literal.c io/dataset/literal.h \
	io/dataset/manifest-show.c \
	io/dataset/manifest.c io/dataset/manifest.h \
	io/dataset/missing.c io/dataset/missing.h \
	io/dataset/prepare.c io/dataset/prepare.h \
	io/dataset/prepare-current.c io/dataset/prepare-current.h \
	io/dataset/prepare-settings.c io/dataset/prepare-settings.h \
	io/dataset/repeats.c io/dataset/repeats.h \
	io/dataset/report.c io/dataset/report.h \
	io/dataset/separator.c io/dataset/separator.h \
	io/dataset/sequence.c io/dataset/sequence.h \
	io/dataset/shard.c io/dataset/shard.h \
	io/dataset/split-report.c io/dataset/split-report.h \
	io/dataset/target-ranks.c io/dataset/target-ranks.h io/dataset/target-ranks-read.c \
	io/dataset/target-ranks-form.c io/dataset/target-ranks-form.h \
	io/dataset/texts.c io/dataset/texts.h \
	io/dataset/timestamp.c io/dataset/timestamp.h \
	io/dataset/trade.h
EXTRA_DIST += io/dataset/README.md

# An evaluation.
noinst_LIBRARIES += mpi/eval/libhleval.a
mpi_eval_libhleval_a_CPPFLAGS = $(HOUSE_CPPFLAGS)
mpi_eval_libhleval_a_SOURCES = \
	mpi/eval/catalogue.c mpi/eval/catalogue.h \
	mpi/eval/cosine.c mpi/eval/cosine.h \
	mpi/eval/ease.c mpi/eval/ease.h \
	mpi/eval/ease-scorer.c \
	mpi/eval/evaluate.c mpi/eval/evaluate.h \
	mpi/eval/labels.c mpi/eval/labels.h \
	mpi/eval/lists.c mpi/eval/lists.h \
	mpi/eval/popularity.c mpi/eval/popularity.h \
	mpi/eval/reference.c mpi/eval/reference.h \
	mpi/eval/scorer.c mpi/eval/scorer.h \
	mpi/eval/spectrum.c mpi/eval/spectrum.h \
	mpi/eval/users.c mpi/eval/users.h
EXTRA_DIST += mpi/eval/README.md

# A training step.
noinst_LIBRARIES += mpi/train/libhltrain.a
mpi_train_libhltrain_a_CPPFLAGS = $(HOUSE_CPPFLAGS)
mpi_train_libhltrain_a_SOURCES = \
	mpi/train/budget.c mpi/train/budget.h \
	mpi/train/copies.c mpi/train/copies.h \
	mpi/train/engine.c mpi/train/engine.h \
	mpi/train/finite.c mpi/train/finite.h \
	mpi/train/gradnorm.c mpi/train/gradnorm.h \
	mpi/train/layer-pages.c mpi/train/layer-pages.h \
	mpi/train/ledger.c mpi/train/ledger.h \
	mpi/train/loss.c mpi/train/loss.h \
	mpi/train/mesh.c mpi/train/mesh.h \
	mpi/train/negatives.c mpi/train/negatives.h \
	mpi/train/route.c mpi/train/route.h \
	mpi/train/sharding.c mpi/train/sharding.h \
	mpi/train/sparse-rows.c mpi/train/sparse-rows.h \
	mpi/train/step.c mpi/train/step.h \
	mpi/train/step-end.c \
	mpi/train/step-fault.c \
	mpi/train/step-labels.c \
	mpi/train/step-plan.c \
	mpi/train/step-rows.c \
	mpi/train/step-side.c \
	mpi/train/step-state.h \
	mpi/train/tally.c mpi/train/tally.h \
	mpi/train/trace.h
EXTRA_DIST += mpi/train/README.md

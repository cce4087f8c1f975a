# Processes.
noinst_LIBRARIES += mpi/libhlmpi.a
mpi_libhlmpi_a_CPPFLAGS = $(HOUSE_CPPFLAGS)
mpi_libhlmpi_a_SOURCES = \
	mpi/agreement.c mpi/agreement.h \
	mpi/algorithms.c mpi/algorithms.h \
	mpi/blacs.c mpi/blacs.h \
	mpi/buckets.c mpi/buckets.h \
	mpi/blocks.h mpi/direct.c mpi/ring.c \
	mpi/branch.c mpi/branch.h \
	mpi/budget.c mpi/budget.h \
	mpi/catalogue.c mpi/catalogue.h \
	mpi/copies.c mpi/copies.h \
	mpi/cosine.c mpi/cosine.h \
	mpi/ease.c mpi/ease.h mpi/ease-scorer.c \
	mpi/engine.c mpi/engine.h \
	mpi/evaluate.c mpi/evaluate.h \
	mpi/exchange.c mpi/exchange.h \
	mpi/finite.c mpi/finite.h \
	mpi/first.c mpi/first.h \
	mpi/gradnorm.c mpi/gradnorm.h \
	mpi/group.c mpi/group.h \
	mpi/recursive.c mpi/recursive.h \
	mpi/sharding.c mpi/sharding.h \
	mpi/launch.c mpi/launch.h \
	mpi/ledger.c mpi/ledger.h \
	mpi/loss.c mpi/loss.h \
	mpi/matrix.c mpi/matrix.h mpi/scalapack.h \
	mpi/mesh.c mpi/mesh.h \
	mpi/openmpi.c mpi/openmpi.h \
	mpi/pblas.c mpi/pblas.h \
	mpi/negatives.c mpi/negatives.h \
	mpi/pipe.c mpi/pipe.h \
	mpi/reference.c mpi/reference.h \
	mpi/route.c mpi/route.h \
	mpi/samecall.c mpi/samecall.h \
	mpi/scorer.c mpi/scorer.h \
	mpi/spectrum.c mpi/spectrum.h \
	mpi/standstill.c mpi/standstill.h \
	mpi/step.c mpi/step.h mpi/step-state.h mpi/step-plan.c mpi/step-side.c \
	mpi/step-rows.c mpi/step-end.c mpi/step-fault.c \
	mpi/summa.c mpi/summa.h \
	mpi/tally.c mpi/tally.h \
	mpi/tiles.c mpi/tiles.h \
	mpi/users.c mpi/users.h \
	mpi/wait.c mpi/wait.h \
	mpi/watch.c mpi/watch.h

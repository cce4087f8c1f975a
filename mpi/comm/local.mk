# Processes and their messages; sees src/base and math/rows.h only.
noinst_LIBRARIES += mpi/comm/libhlcomm.a
mpi_comm_libhlcomm_a_CPPFLAGS = $(HOUSE_CPPFLAGS)
mpi_comm_libhlcomm_a_SOURCES = \
	mpi/comm/agreement.c mpi/comm/agreement.h \
	mpi/comm/algorithms.c mpi/comm/algorithms.h \
	mpi/comm/blocks.h \
	mpi/comm/branch.c mpi/comm/branch.h \
	mpi/comm/buckets.c mpi/comm/buckets.h \
	mpi/comm/clocks.c mpi/comm/clocks.h \
	mpi/comm/direct.c \
	mpi/comm/exchange.c mpi/comm/exchange.h \
	mpi/comm/first.c mpi/comm/first.h \
	mpi/comm/group.c mpi/comm/group.h mpi/comm/group-call.h \
	mpi/comm/group-collectives.c \
	mpi/comm/launch.c mpi/comm/launch.h \
	mpi/comm/openmpi.c mpi/comm/openmpi.h \
	mpi/comm/pipe.c mpi/comm/pipe.h \
	mpi/comm/recursive.c mpi/comm/recursive.h \
	mpi/comm/ring.c \
	mpi/comm/sent.c mpi/comm/sent.h mpi/comm/counted.h \
	mpi/comm/samecall.c mpi/comm/samecall.h \
	mpi/comm/standstill.c mpi/comm/standstill.h \
	mpi/comm/wait.c mpi/comm/wait.h \
	mpi/comm/watch.c mpi/comm/watch.h
EXTRA_DIST += mpi/comm/README.md

# Processes.
noinst_LIBRARIES += mpi/libhlmpi.a
mpi_libhlmpi_a_CPPFLAGS = $(HOUSE_CPPFLAGS)
mpi_libhlmpi_a_SOURCES = \
	mpi/engine.c mpi/engine.h \
	mpi/exchange.c mpi/exchange.h \
	mpi/group.c mpi/group.h \
	mpi/loss.c mpi/loss.h \
	mpi/mesh.c mpi/mesh.h \
	mpi/step.c mpi/step.h \
	mpi/tally.c mpi/tally.h

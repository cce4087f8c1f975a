# Processes.
noinst_LIBRARIES += mpi/libhlmpi.a
mpi_libhlmpi_a_CPPFLAGS = $(HOUSE_CPPFLAGS)
mpi_libhlmpi_a_SOURCES = \
	mpi/group.c mpi/group.h

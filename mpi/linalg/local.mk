# Matrices over a grid of ranks.
noinst_LIBRARIES += mpi/linalg/libhllinalg.a
mpi_linalg_libhllinalg_a_CPPFLAGS = $(HOUSE_CPPFLAGS)
mpi_linalg_libhllinalg_a_SOURCES = \
	mpi/linalg/blacs.c mpi/linalg/blacs.h \
	mpi/linalg/matrix.c mpi/linalg/matrix.h \
	mpi/linalg/pblas.c mpi/linalg/pblas.h \
	mpi/linalg/scalapack.h \
	mpi/linalg/summa.c mpi/linalg/summa.h \
	mpi/linalg/tiles.c mpi/linalg/tiles.h
EXTRA_DIST += mpi/linalg/README.md

# Numbers in, numbers out; the only caller of BLAS.
noinst_LIBRARIES += src/math/libhlmath.a
src_math_libhlmath_a_CPPFLAGS = $(BASE_CPPFLAGS) $(BLAS_CFLAGS)
src_math_libhlmath_a_SOURCES = \
	src/math/adamw.h \
	src/math/attention.h \
	src/math/linear.h \
	src/math/nce.h \
	src/math/rmsnorm.h \
	src/math/rope.h \
	src/math/rows.h \
	src/math/swiglu.h

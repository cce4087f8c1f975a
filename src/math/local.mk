# Numbers in, numbers out; the only caller of BLAS.  Nobody asks sqrtf for errno or a comparison for a trap: without
# them the compiler puts both into vector loops.
noinst_LIBRARIES += src/math/libhlmath.a
src_math_libhlmath_a_CPPFLAGS = $(BASE_CPPFLAGS) $(BLAS_CFLAGS) $(DNNL_CFLAGS)
src_math_libhlmath_a_CFLAGS = $(AM_CFLAGS) -fno-math-errno -fno-trapping-math
src_math_libhlmath_a_SOURCES = \
	src/math/expf.h \
	src/math/simd.h \
	src/math/adamw.c src/math/adamw.h \
	src/math/attention.c src/math/attention.h \
	src/math/attention-prefix.c src/math/attention-prefix.h \
	src/math/attention-last.c src/math/attention-last.h \
	src/math/bf16.c src/math/bf16.h \
	src/math/bias.c src/math/bias.h \
	src/math/count.c src/math/count.h \
	src/math/criterion.c src/math/criterion.h \
	src/math/dropout.c src/math/dropout.h \
	src/math/gate.c src/math/gate.h \
	src/math/gelu.c src/math/gelu.h \
	src/math/gram.c src/math/gram.h \
	src/math/head-norm.c src/math/head-norm.h \
	src/math/kernels.c src/math/kernels.h \
	src/math/layernorm.c src/math/layernorm.h \
	src/math/layernorm-part.c src/math/layernorm-part.h \
	src/math/linear.c src/math/linear.h \
	src/math/norm.c src/math/norm.h \
	src/math/nce.c src/math/nce.h \
	src/math/bce.c src/math/bce.h \
	src/math/contest.c src/math/contest.h \
	src/math/product.c src/math/product-8.c src/math/product-16.c src/math/product.h src/math/product-kernel.h src/math/product-lanes.h src/math/work-queue.h \
	src/math/transpose.h \
	src/math/rmsnorm.c src/math/rmsnorm.h \
	src/math/rmsnorm-part.c src/math/rmsnorm-part.h \
	src/math/rope.c src/math/rope.h \
	src/math/rope-scaling.c src/math/rope-scaling.h \
	src/math/rows.c src/math/rows.h \
	src/math/shares.c src/math/shares.h \
	src/math/silu.c src/math/silu.h \
	src/math/silu-attention.c src/math/silu-attention.h \
	src/math/sketch.c src/math/sketch.h \
	src/math/sliced.c src/math/sliced.h \
	src/math/strip.c src/math/strip-8.c src/math/strip-16.c src/math/strip.h src/math/strip-lanes.h \
	src/math/swiglu.c src/math/swiglu.h
EXTRA_DIST += src/math/README.md

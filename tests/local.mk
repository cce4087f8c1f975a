# A test of src/ (and of io/ where no rank is needed) is a line in ALONE_TESTS.  A test of several ranks is a line in
# MPI_TESTS and one below that links it:  tests_test_group_LDADD = $(MPI_TEST_LINK)
# Those that also run at 3, 5 and 7 ranks are named in ODD_TESTS; @3,5: at these of them.  A slow twin tests/ref-x.c goes into libcheck.a.
ALONE_TESTS = \
	tests/test-csv \
	tests/test-fields \
	tests/test-regular \
	tests/test-error \
	tests/test-idtable \
	tests/test-lend \
	tests/test-config \
	tests/test-synth \
	tests/test-tokenizer \
	tests/test-math \
	tests/test-dropout \
	tests/test-encoder-math \
	tests/test-product \
	tests/test-attention \
	tests/test-attention-last \
	tests/test-attention-prefix \
	tests/test-nce \
	tests/test-part \
	tests/test-path \
	tests/test-minmax \
	tests/test-array \
	tests/test-hash-table \
	tests/test-bitmap \
	tests/test-fold \
	tests/test-sliced \
	tests/test-stack \
	tests/test-rng \
	tests/test-arena \
	tests/test-reserve \
	tests/test-windows \
	tests/test-sampler \
	tests/test-calendar \
	tests/test-label-rule \
	tests/test-label-score \
	tests/test-plan \
	tests/test-layout \
	tests/test-schedule \
	tests/test-cost \
	tests/test-score \
	tests/test-silu \
	tests/test-groups \
	tests/test-resample \
	tests/test-rate \
	tests/test-params \
	tests/test-limits \
	tests/test-threads \
	tests/test-pace \
	tests/test-saving \
	tests/test-masking \
	tests/test-sketch \
	tests/test-fault \
	tests/test-acts \
	tests/test-standstill \
	tests/test-patience \
	tests/test-process \
	tests/test-lock \
	tests/test-stop \
	tests/test-begun \
	tests/test-safetensors \
	tests/test-pytorch \
	tests/test-hf-folder \
	tests/test-tok-folder \
	tests/test-tok-golden \
	tests/test-tok-kinds \
	tests/test-record \
	tests/test-difference \
	tests/test-launch \
	tests/test-energy \
	tests/test-study \
	tests/test-study-report \
	tests/test-study-jobs

MPI_TESTS = \
	tests/test-bench \
	tests/test-agreement \
	tests/test-copies \
	tests/test-group \
	tests/test-watch \
	tests/test-algorithms \
	tests/test-buckets \
	tests/test-mesh \
	tests/test-pipe \
	tests/test-adjoint \
	tests/test-exchange \
	tests/test-loss \
	tests/test-scorer \
	tests/test-model \
	tests/test-idcount \
	tests/test-prepare \
	tests/test-prepare-files \
	tests/test-prepare-places \
	tests/test-prepare-real \
	tests/test-split \
	tests/test-relay \
	tests/test-target-ranks \
	tests/test-compare \
	tests/test-dataset \
	tests/test-step \
	tests/test-step-ids \
	tests/test-course \
	tests/test-forecast \
	tests/test-sparse-rows \
	tests/test-exact \
	tests/test-families \
	tests/test-evaluate \
	tests/test-ranking \
	tests/test-finite \
	tests/test-trace \
	tests/test-check \
	tests/test-checkpoint \
	tests/test-checkpoint-damage \
	tests/test-checkpoint-faults \
	tests/test-round \
	tests/test-ledger \
	tests/test-place \
	tests/test-blacs \
	tests/test-spectrum \
	tests/test-tiles \
	tests/test-ease

# At 8 ranks test-step divides each side by seven too; at 7 it would take as long as at 8.  Layouts of the
# other suites that leave out 7 are tables, of which 8 ranks run all; as many copies as ranks are odd at 3 and 5.
ODD_TESTS = \
	tests/test-compare \
	tests/test-target-ranks \
	tests/test-idcount \
	tests/test-finite \
	tests/test-trace \
	tests/test-tiles \
	tests/test-round \
	tests/test-ledger \
	tests/test-bench \
	tests/test-blacs \
	tests/test-spectrum \
	tests/test-ease \
	tests/test-group \
	tests/test-watch \
	tests/test-algorithms \
	tests/test-buckets \
	tests/test-mesh \
	tests/test-pipe \
	tests/test-adjoint \
	tests/test-exchange \
	tests/test-loss \
	tests/test-scorer \
	tests/test-model \
	tests/test-ranking \
	tests/test-prepare \
	tests/test-prepare-files \
	tests/test-prepare-places \
	tests/test-prepare-real \
	tests/test-split \
	tests/test-step@3,5 \
	tests/test-step-ids@3,5 \
	tests/test-course@3,5 \
	tests/test-forecast@3,5 \
	tests/test-sparse-rows@3,5 \
	tests/test-exact@3,5 \
	tests/test-families \
	tests/test-check \
	tests/test-checkpoint \
	tests/test-checkpoint-damage \
	tests/test-checkpoint-faults

# What is seen at once, then what takes longest, so that nothing long is left alone at the end.
CHECKERS = \
	tests/check-layers.sh \
	tests/check-headers.sh \
	tests/check-format.sh \
	tests/check-docs.sh \
	tests/end-layouts.sh \
	tests/end-signals.sh \
	tests/check-faults.sh \
	tests/end-bad-inputs.sh \
	tests/end-hang.sh \
	tests/end-to-end.sh \
	tests/end-exact.sh \
	tests/check-adding.sh \
	tests/end-quality.sh \
	tests/end-study.sh \
	tests/end-bench.sh \
	tests/end-machine.sh \
	tests/end-saves.sh \
	tests/end-agree.sh \
	tests/end-runs.sh \
	tests/check-run.sh \
	tests/end-diff.sh \
	tests/check-slurm.sh \
	tests/check-dist.sh \
	tests/end-demo.sh \
	tests/end-astray.sh \
	tests/end-families.sh \
	tests/end-export.sh \
	tests/end-tokenizers.sh \
	tests/end-embed.sh \
	tests/end-start.sh \
	tests/end-doctor.sh \
	tests/end-plan.sh \
	tests/end-rehearse.sh \
	tests/end-precision.sh \
	tests/end-ease.sh \
	tests/end-ids.sh \
	tests/end-inputs.sh \
	tests/end-mixed.sh \
	tests/end-labels.sh \
	tests/end-cache.sh \
	tests/end-compare.sh \
	tests/end-import.sh \
	tests/end-ties.sh \
	tests/end-checkpoint.sh \
	tests/end-output.sh \
	tests/check-fuzz.sh \
	tests/check-split.sh \
	tests/check-h5py.sh \
	tests/check-transformers.sh

check_PROGRAMS += $(ALONE_TESTS) $(MPI_TESTS) tests/astray tests/same-tensors
check_LIBRARIES += tests/libcheck.a tests/libalone.a tests/libranks.a

tests_libcheck_a_CPPFLAGS = $(BASE_CPPFLAGS) -I$(top_srcdir) $(CUNIT_CFLAGS) -DSOURCE_DIR='"$(abs_top_srcdir)"'
tests_libcheck_a_SOURCES = \
	tests/check.c tests/check.h tests/check-ranks.h \
	tests/ref-ease.c tests/ref-ease.h \
	tests/ref-math.c tests/ref-math.h \
	tests/ref-sketch.c tests/ref-sketch.h \
	tests/spm.c tests/spm.h \
	tests/toy.c tests/toy.h
tests_libalone_a_SOURCES = tests/check-alone.c
tests_libranks_a_SOURCES = tests/check-mpi.c tests/check-mpi.h

LDADD = tests/libcheck.a tests/libalone.a $(IO_LIBS) $(SRC_LINK) $(JANSSON_LIBS) $(PCRE2_LIBS) $(UTF8PROC_LIBS) $(NETTLE_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS) $(LIBZIP_LIBS) $(CUNIT_LIBS)
MPI_TEST_LINK = tests/libcheck.a tests/libranks.a $(HOUSE_LINK) $(CUNIT_LIBS)

tests_test_config_LDADD = tests/libcheck.a tests/libalone.a $(APP_LINK) $(CUNIT_LIBS)
tests_test_pace_LDADD = $(tests_test_config_LDADD)
tests_test_saving_LDADD = $(tests_test_config_LDADD)
tests_test_masking_LDADD = $(tests_test_config_LDADD)
tests_test_threads_LDADD = $(tests_test_config_LDADD)
tests_test_difference_LDADD = $(tests_test_config_LDADD)
tests_test_begun_LDADD = $(tests_test_config_LDADD)
tests_test_standstill_LDADD = tests/libcheck.a tests/libalone.a $(HOUSE_LINK) $(CUNIT_LIBS)
tests_test_launch_LDADD = tests/libcheck.a tests/libalone.a $(HOUSE_LINK) $(CUNIT_LIBS)
tests_test_study_LDADD = $(tests_test_config_LDADD)
tests_test_study_report_LDADD = $(tests_test_config_LDADD)
tests_test_study_jobs_LDADD = $(tests_test_config_LDADD)
tests_test_synth_LDADD = $(tests_test_config_LDADD)
tests_test_tokenizer_SOURCES = tests/test-tokenizer.c tests/stored-ids.c tests/stored-ids.h
tests_test_tokenizer_LDADD = tests/libcheck.a tests/libalone.a $(HOUSE_LINK) $(CUNIT_LIBS)
tests_test_tok_golden_SOURCES = tests/test-tok-golden.c tests/stored-ids.c tests/stored-ids.h
tests_test_tok_golden_LDADD = $(tests_test_tokenizer_LDADD)
tests_test_tok_kinds_LDADD = $(tests_test_tokenizer_LDADD)
tests_test_regular_LDADD = $(tests_test_tokenizer_LDADD)
tests_test_windows_SOURCES = tests/test-windows.c tests/golden.c tests/golden.h
tests_test_windows_LDADD = tests/libcheck.a tests/libalone.a $(HOUSE_LINK) $(CUNIT_LIBS)
tests_test_finite_LDADD = $(MPI_TEST_LINK)
tests_test_trace_LDADD = tests/libcheck.a tests/libranks.a $(APP_LINK) $(CUNIT_LIBS)
tests_test_agreement_LDADD = $(MPI_TEST_LINK)
tests_test_copies_LDADD = $(MPI_TEST_LINK)
tests_test_watch_LDADD = $(MPI_TEST_LINK)
tests_test_idcount_LDADD = $(MPI_TEST_LINK)
tests_test_fields_LDADD = tests/libcheck.a tests/libalone.a $(HOUSE_LINK) $(CUNIT_LIBS)
tests_test_group_LDADD = $(MPI_TEST_LINK)
tests_test_algorithms_LDADD = $(MPI_TEST_LINK)
tests_test_buckets_LDADD = $(MPI_TEST_LINK)
tests_test_mesh_LDADD = $(MPI_TEST_LINK)
tests_test_pipe_LDADD = $(MPI_TEST_LINK)
tests_test_exchange_LDADD = $(MPI_TEST_LINK)
tests_test_loss_LDADD = $(MPI_TEST_LINK)
tests_test_scorer_LDADD = $(MPI_TEST_LINK)
tests_test_model_LDADD = $(MPI_TEST_LINK)
tests_test_ranking_LDADD = $(MPI_TEST_LINK)
tests_test_check_LDADD = $(MPI_TEST_LINK)
# A group.c of its own, which looks at each call as that of a debug build does.
tests_astray_SOURCES = tests/astray.c mpi/comm/group.c
tests_astray_CPPFLAGS = $(HOUSE_CPPFLAGS) -DHL_SAME_CALLS
tests_astray_LDADD = $(HOUSE_LINK)
tests_same_tensors_LDADD = $(HOUSE_LINK)
TWO_SIDES = tests/two-sides.c tests/two-sides.h
tests_test_checkpoint_SOURCES = tests/test-checkpoint.c $(TWO_SIDES)
tests_test_checkpoint_LDADD = $(MPI_TEST_LINK)
tests_test_checkpoint_damage_SOURCES = tests/test-checkpoint-damage.c $(TWO_SIDES)
tests_test_checkpoint_damage_LDADD = $(MPI_TEST_LINK)
tests_test_checkpoint_faults_SOURCES = tests/test-checkpoint-faults.c $(TWO_SIDES)
tests_test_checkpoint_faults_LDADD = $(MPI_TEST_LINK)
tests_test_round_LDADD = $(MPI_TEST_LINK)
tests_test_ledger_LDADD = $(MPI_TEST_LINK)
tests_test_place_LDADD = $(MPI_TEST_LINK)
tests_test_blacs_LDADD = $(MPI_TEST_LINK)
tests_test_tiles_LDADD = $(MPI_TEST_LINK)
tests_test_ease_LDADD = $(MPI_TEST_LINK)
tests_test_forecast_LDADD = tests/libcheck.a tests/libranks.a $(APP_LINK) $(CUNIT_LIBS)
tests_test_bench_LDADD = tests/libcheck.a tests/libranks.a $(APP_LINK) $(CUNIT_LIBS)
tests_test_spectrum_LDADD = $(MPI_TEST_LINK)

tests_test_adjoint_LDADD = $(MPI_TEST_LINK)
tests_test_exact_LDADD = $(MPI_TEST_LINK)
tests_test_sparse_rows_LDADD = $(MPI_TEST_LINK)
tests_test_families_SOURCES = tests/test-families.c tests/golden.c tests/golden.h
tests_test_families_LDADD = $(MPI_TEST_LINK)
STEP_LAYOUTS = tests/step-layouts.c tests/step-layouts.h tests/golden.c tests/golden.h
tests_test_step_SOURCES = tests/test-step.c $(STEP_LAYOUTS)
tests_test_step_LDADD = $(MPI_TEST_LINK)
tests_test_step_ids_SOURCES = tests/test-step-ids.c $(STEP_LAYOUTS)
tests_test_step_ids_LDADD = $(MPI_TEST_LINK)
tests_test_course_SOURCES = tests/test-course.c $(STEP_LAYOUTS)
tests_test_course_LDADD = $(MPI_TEST_LINK)

EXTRA_DIST += tests/split-count.py tests/round-trip.py tests/import-count.py tests/run.sh tests/give-way.c tests/run-kernels.sh tests/verdict.sh tests/jobs.sh tests/end-lib.sh tests/data $(CHECKERS)
check-local:
	@SOURCE_DIR='$(abs_top_srcdir)' MPIRUN='$(MPIRUN)' CC='$(CC)' $(SHELL) $(srcdir)/tests/run.sh \
		$(ALONE_TESTS) -- $(MPI_TESTS) -- $(ODD_TESTS) -- $(CHECKERS)

# Build the tests without running them.
check-programs: $(check_PROGRAMS)
.PHONY: check-programs

# Twenty steps at every layout, some ten minutes on two cores; `make check` does fewer.
check-layouts: hllm
	@LAYOUTS=all LIMIT=3600 SOURCE_DIR='$(abs_top_srcdir)' MPIRUN='$(MPIRUN)' $(SHELL) $(srcdir)/tests/run.sh -- -- -- tests/end-layouts.sh tests/end-exact.sh
.PHONY: check-layouts

# Faults on purpose, the whole matrix: half an hour on two cores; ROWS="kill-saving full-disk" are some rows.  `make check` does a third.
EXTRA_DIST += tests/faults/README.md tests/faults/run.sh tests/faults/lib.sh tests/faults/rows.sh \
	tests/faults/fail-call.c tests/faults/no-memory.c tests/faults/no-fallocate.c
check-faults: hllm
	@SOURCE_DIR='$(abs_top_srcdir)' MPIRUN='$(MPIRUN)' CC='$(CC)' $(SHELL) $(srcdir)/tests/faults/run.sh $(ROWS)
.PHONY: check-faults

# A study and trainings on a real Slurm of four nodes on this machine, some eight minutes; takes root and slurm-wlm, munge, iproute2, and skips without them.
EXTRA_DIST += tests/slurm/run.sh tests/slurm/train.sh tests/slurm/cluster.sh tests/slurm/nodes.sh
check-slurm: hllm
	@status=0; for script in run train; do SOURCE_DIR='$(abs_top_srcdir)' bash $(srcdir)/tests/slurm/$$script.sh || status=1; done; exit $$status
.PHONY: check-slurm

# Every reader of files against bytes that libFuzzer makes up, FUZZ_SECONDS (30) of a core's time each; FUZZ=csv names one.  Needs clang.
# Against good files that are changed: MALFORMED (5000) each; `make check` does fewer.
FUZZ_SOURCES = tests/fuzz/fuzz.h tests/fuzz/readers.c tests/fuzz/fuzz-data.c tests/fuzz/fuzz-import.c tests/fuzz/fuzz-others.c tests/fuzz/fuzz-own.c \
	tests/fuzz/fuzz-vectors.c
check_PROGRAMS += tests/malformed
tests_malformed_SOURCES = tests/fuzz/malformed.c $(FUZZ_SOURCES)
tests_malformed_CPPFLAGS = $(IO_CPPFLAGS) -I. $(YAML_CFLAGS) $(PCRE2_CFLAGS) $(UTF8PROC_CFLAGS)
tests_malformed_LDADD = tests/libcheck.a tests/libalone.a $(APP_LINK) $(CUNIT_LIBS)
EXTRA_DIST += tests/fuzz/fuzz.c tests/fuzz/run.sh tests/fuzz/corpus.sh
check-malformed: hllm tests/malformed
	@SOURCE_DIR='$(abs_top_srcdir)' MALFORMED=$${MALFORMED:-5000} $(SHELL) $(srcdir)/tests/check-fuzz.sh
.PHONY: check-malformed
check-fuzz: hllm
	@SOURCE_DIR='$(abs_top_srcdir)' CLANG='$(CLANG)' FUZZ_FLAGS='$(BASE_CPPFLAGS) -I$(abs_top_srcdir) -I$(abs_top_srcdir)/src $(MPI_CFLAGS) $(HDF5_CFLAGS) $(YAML_CFLAGS) $(JANSSON_CFLAGS) $(XXHASH_CFLAGS) $(LIBZIP_CFLAGS) $(PCRE2_CFLAGS) $(UTF8PROC_CFLAGS)' \
		FUZZ_LIBS='$(APP_LINK) $(OPENMP_CFLAGS)' $(SHELL) $(srcdir)/tests/fuzz/run.sh $(FUZZ)
.PHONY: check-fuzz

# Suites of one process and trainings with each kernel of our own and some of OpenBLAS, an hour or two on two cores.
check-kernels: hllm $(ALONE_TESTS)
	@SOURCE_DIR='$(abs_top_srcdir)' MPIRUN='$(MPIRUN)' $(SHELL) $(srcdir)/tests/run-kernels.sh $(ALONE_TESTS) -- -- -- \
		tests/end-layouts.sh tests/end-exact.sh tests/end-precision.sh tests/end-to-end.sh
.PHONY: check-kernels

tests_test_evaluate_SOURCES = tests/test-evaluate.c tests/golden.c tests/golden.h
tests_test_evaluate_LDADD = $(MPI_TEST_LINK)

PREPARING = tests/preparing.c tests/preparing.h tests/csvpair.c tests/csvpair.h
tests_test_prepare_SOURCES = tests/test-prepare.c $(PREPARING)
tests_test_prepare_LDADD = $(MPI_TEST_LINK)
tests_test_prepare_files_SOURCES = tests/test-prepare-files.c $(PREPARING)
tests_test_prepare_files_LDADD = $(MPI_TEST_LINK)
tests_test_prepare_places_SOURCES = tests/test-prepare-places.c $(PREPARING)
tests_test_prepare_places_LDADD = $(MPI_TEST_LINK)
tests_test_prepare_real_SOURCES = tests/test-prepare-real.c $(PREPARING)
tests_test_prepare_real_LDADD = $(MPI_TEST_LINK)
tests_test_split_SOURCES = tests/test-split.c tests/csvpair.c tests/csvpair.h
tests_test_split_LDADD = $(MPI_TEST_LINK) $(JANSSON_LIBS)
tests_test_relay_SOURCES = tests/test-relay.c tests/csvpair.c tests/csvpair.h
tests_test_relay_LDADD = $(MPI_TEST_LINK)
tests_test_compare_LDADD = tests/libcheck.a tests/libranks.a $(APP_LINK) $(CUNIT_LIBS)
tests_test_target_ranks_LDADD = $(MPI_TEST_LINK) $(JANSSON_LIBS)
tests_test_dataset_SOURCES = tests/test-dataset.c tests/csvpair.c tests/csvpair.h
tests_test_dataset_LDADD = $(MPI_TEST_LINK)

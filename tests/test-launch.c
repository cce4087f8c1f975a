/* test-launch.c - what a launcher has left in the environment tells how many ranks there must be. */
#include "mpi/comm/launch.h"
#include "mpi/comm/openmpi.h"
#include "tests/check.h"
#include <stdlib.h>
#include <string.h>

/* The environment of a test: "NAME=value" up to NULL. */
static const char *const *variables;

static const char *look(const char *name)
{
    const size_t n = strlen(name);
    for (const char *const *v = variables; *v; v++)
        if (strncmp(*v, name, n) == 0 && (*v)[n] == '=') return *v + n + 1;
    return NULL;
}
#define IN(...) (variables = (const char *const[]){__VA_ARGS__, NULL})

static void a_process_alone_is_fine(void)
{
    IN("HOME=/root");
    CHECK(hl_launch_by(look) == HL_BY_NOBODY);
    CHECK_OK(hl_launch_may_start(look));
    CHECK_OK(hl_launch_check(look, 1));
    CHECK(hl_launch_local_ranks(look) == 1 && hl_launch_local_rank(look) == 0 && hl_launch_rank(look) == 0);
}

static void mpirun_says_how_many_ranks_there_are(void)
{
    IN("OMPI_COMM_WORLD_SIZE=4", "OMPI_COMM_WORLD_RANK=3", "OMPI_COMM_WORLD_LOCAL_SIZE=2",
       "OMPI_COMM_WORLD_LOCAL_RANK=1");
    CHECK(hl_launch_by(look) == HL_BY_MPIRUN);
    CHECK_OK(hl_launch_may_start(look));
    CHECK_OK(hl_launch_check(look, 4));
    CHECK_FAILS(hl_launch_check(look, 1), HL_EUSAGE,
                "mpirun has started 4 processes (OMPI_COMM_WORLD_SIZE) and MPI has 1 rank:");
    CHECK(hl_launch_local_ranks(look) == 2 && hl_launch_local_rank(look) == 1 && hl_launch_rank(look) == 3
          && hl_launch_ranks(look) == 4);
}

static void a_step_of_srun_needs_pmix(void)
{
    IN("SLURM_JOB_ID=7", "SLURM_STEP_ID=0", "SLURM_STEP_NUM_TASKS=3", "SLURM_NTASKS=3", "SLURM_PROCID=2");
    CHECK(hl_launch_by(look) == HL_BY_SRUN && hl_launch_rank(look) == 2);
    CHECK_FAILS(hl_launch_may_start(look), HL_EUSAGE, "srun has started 3 processes without PMIx");
    IN("SLURM_JOB_ID=7", "SLURM_STEP_ID=0", "SLURM_STEP_NUM_TASKS=3", "PMIX_NAMESPACE=x",
       "SLURM_STEP_TASKS_PER_NODE=1,2(x4)");
    CHECK_OK(hl_launch_may_start(look));
    CHECK_OK(hl_launch_check(look, 3));
    CHECK_FAILS(hl_launch_check(look, 1), HL_EUSAGE, "SLURM_STEP_NUM_TASKS");
    CHECK(hl_launch_local_ranks(look) == 2);
    CHECK_OK(hl_launch_check(look, 7)); /* a step of several parts has more than one part says */
}

static void any_trace_of_a_step_is_enough(void)
{
    IN("SLURM_STEPID=0");
    CHECK_FAILS(hl_launch_may_start(look), HL_EUSAGE, "srun");
    IN("SLURM_NTASKS=3", "SLURM_STEP_NUM_TASKS=3");
    CHECK_FAILS(hl_launch_may_start(look), HL_EUSAGE, "srun");
    IN("SLURM_NTASKS=3", "SLURM_PROCID=1");
    CHECK_FAILS(hl_launch_may_start(look), HL_EUSAGE, "srun");
}

/* The script has SLURM_PROCID=0 too, and one rank may be meant. */
static void one_rank_in_a_batch_script_may_start_and_is_told_of_the_others(void)
{
    char sentence[300];
    IN("SLURM_JOB_ID=7", "SLURM_NTASKS=8", "SLURM_JOB_NUM_NODES=2", "SLURM_PROCID=0");
    CHECK(hl_launch_by(look) == HL_BY_NOBODY);
    CHECK_OK(hl_launch_may_start(look));
    CHECK_OK(hl_launch_check(look, 1));
    CHECK(hl_launch_leaves_room(sentence, sizeof sentence, look, 1) && strstr(sentence, "2 nodes for 8 tasks"));
    IN("SLURM_JOB_ID=7", "SLURM_NTASKS=1", "SLURM_NNODES=1", "SLURM_PROCID=0");
    CHECK(!hl_launch_leaves_room(sentence, sizeof sentence, look, 1));
    IN("SLURM_NTASKS=8", "SLURM_STEP_ID=4294967290", "SLURM_STEP_NUM_TASKS=1"); /* the shell of salloc */
    CHECK(hl_launch_by(look) == HL_BY_NOBODY);
}

/* mpirun starts its daemons by srun, one a node. */
static void within_a_step_mpirun_counts(void)
{
    char sentence[300];
    IN("OMPI_COMM_WORLD_SIZE=8", "SLURM_STEP_ID=1", "SLURM_STEP_NUM_TASKS=2", "SLURM_NTASKS=8");
    CHECK_OK(hl_launch_may_start(look));
    CHECK_OK(hl_launch_check(look, 8));
    CHECK(!hl_launch_leaves_room(sentence, sizeof sentence, look, 8));
}

static void another_mpi_s_launcher_is_noticed(void)
{
    IN("PMI_SIZE=4", "PMI_RANK=1", "PMI_FD=5");
    CHECK(hl_launch_by(look) == HL_BY_PMI && hl_launch_rank(look) == 1);
    CHECK_OK(hl_launch_may_start(look));
    CHECK_OK(hl_launch_check(look, 4));
    CHECK_FAILS(hl_launch_check(look, 1), HL_EUSAGE, "PMI_SIZE");
}

static void what_is_no_number_says_nothing(void)
{
    IN("SLURM_STEP_ID=0", "PMIX_RANK=0", "SLURM_STEP_NUM_TASKS=many", "SLURM_NTASKS=");
    CHECK_OK(hl_launch_check(look, 1));
    IN("OMPI_COMM_WORLD_SIZE=", "OMPI_COMM_WORLD_LOCAL_SIZE=-3");
    CHECK_OK(hl_launch_check(look, 1));
    CHECK(hl_launch_local_ranks(look) == 1);
}

static void advice_is_for_the_launcher_that_was_used(void)
{
    char advice[100];
    hl_launch_advice(advice, sizeof advice, HL_BY_MPIRUN, 4);
    CHECK(strstr(advice, "--map-by slot:PE=4") != NULL);
    hl_launch_advice(advice, sizeof advice, HL_BY_SRUN, 4);
    CHECK(strstr(advice, "--cpus-per-task=4") != NULL && strstr(advice, "mpirun") == NULL);
}

static void waiting_ranks_yield_where_there_are_more_than_processors(void)
{
    static const char NAME[] = "OMPI_MCA_mpi_yield_when_idle";
    char *before = getenv(NAME) ? strdup(getenv(NAME)) : NULL;
    unsetenv(NAME);
    hl_openmpi_yield(1);
    CHECK(!getenv(NAME));
    hl_openmpi_yield(100000);
    CHECK(getenv(NAME) && strcmp(getenv(NAME), "1") == 0);
    setenv(NAME, "0", 1);
    hl_openmpi_yield(100000);
    CHECK(strcmp(getenv(NAME), "0") == 0);
    if (before) setenv(NAME, before, 1);
    free(before);
}

static const test tests[] = {
    {"a process alone is fine", a_process_alone_is_fine},
    {"mpirun says how many ranks there are", mpirun_says_how_many_ranks_there_are},
    {"a step of srun needs PMIx", a_step_of_srun_needs_pmix},
    {"any trace of a step is enough", any_trace_of_a_step_is_enough},
    {"one rank in a batch script may start and is told of the others",
     one_rank_in_a_batch_script_may_start_and_is_told_of_the_others},
    {"within a step mpirun counts", within_a_step_mpirun_counts},
    {"another MPI's launcher is noticed", another_mpi_s_launcher_is_noticed},
    {"what is no number says nothing", what_is_no_number_says_nothing},
    {"advice is for the launcher that was used", advice_is_for_the_launcher_that_was_used},
    {"waiting ranks yield where there are more than processors, unless the user has said",
     waiting_ranks_yield_where_there_are_more_than_processors},
};
HL_TESTS("launch", tests)

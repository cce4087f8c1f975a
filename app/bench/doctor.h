/* doctor.h - is this machine fit for a job, and how fast is it?
 *
 * A check is a function and a row of the table in doctor.c.  It looks at one thing and says its findings, each with
 * a grade and, where something should change, a remedy.  Checks of a machine run on the first rank of each machine
 * and talk to nobody; checks of the job run on all ranks together. */
#ifndef APP_BENCH_DOCTOR_H
#define APP_BENCH_DOCTOR_H
#include "app/config/config.h"
#include "mpi/comm/group.h"
#include <jansson.h>
#include <stdio.h>

typedef enum { HL_FINE, HL_NOTED, HL_DOUBTFUL, HL_FAILS, HL_GRADES } hl_grade;

enum { HL_FINDING_FIGURES = 6 };
typedef struct {
    hl_grade grade;
    int check; /* row of the table */
    char host[65];
    char what[400], remedy[300]; /* remedy "": nothing to change */
    struct {
        char name[32];
        double value;
    } figure[HL_FINDING_FIGURES]; /* for machines; a name "" ends them */
} hl_finding;

typedef struct {
    const hl_group *world;
    const hl_config *config; /* NULL: none was given */
    hl_group node;           /* of size 1 where MPI is not started */
    bool has_mpi;
    int check; /* whose turn it is */
    hl_finding *found;
    int n;
    size_t room;
} hl_doctor;

typedef struct {
    const char *name;
    bool is_of_job; /* else of a machine */
    void (*look)(hl_doctor *d);
} hl_doctor_check;

/* Say a finding; remedy NULL: nothing to change.  In a check of the job only rank 0's words count.  The finding is
 * valid until the next one.  Local. */
hl_finding *hl_doctor_say(hl_doctor *d, hl_grade grade, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Add a figure to a finding. */
void hl_finding_figure(hl_finding *f, const char *name, double value);

/* Run all checks.  Afterwards rank 0 has the findings of all machines; equal findings of several machines are one.
 * Without MPI world is hl_group_alone.  Collective over world.  Close with hl_doctor_close. */
void hl_doctor_run(hl_doctor *d, const hl_group *world, const hl_config *config, bool has_mpi);
void hl_doctor_close(hl_doctor *d);

/* Show the findings, on rank 0. */
void hl_doctor_print(const hl_doctor *d, FILE *out);
json_t *hl_doctor_json(const hl_doctor *d);
hl_grade hl_doctor_worst(const hl_doctor *d);

/* ---- the checks: doctor-machine.c, doctor-ranks.c, doctor-folders.c */
void hl_doctor_system(hl_doctor *d);
void hl_doctor_memory(hl_doctor *d);
void hl_doctor_limits(hl_doctor *d);
void hl_doctor_shm(hl_doctor *d);
void hl_doctor_tmp(hl_doctor *d);
void hl_doctor_cma(hl_doctor *d);
void hl_doctor_environment(hl_doctor *d);

void hl_doctor_launch(hl_doctor *d);
void hl_doctor_cores(hl_doctor *d);
void hl_doctor_libraries(hl_doctor *d);
void hl_doctor_speed(hl_doctor *d);
void hl_doctor_wire(hl_doctor *d);

void hl_doctor_folders(hl_doctor *d);
void hl_doctor_files(hl_doctor *d);

#endif

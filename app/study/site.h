/* site.h - what a cluster asks of every job: account, partition, time, modules, launcher.
 *
 *     ACCOUNT=hpc42
 *     PARTITION=batch
 *     TIME=00:30:00
 *     MODULES="gcc openmpi"
 *     LAUNCHER="srun --mpi=pmix -K -N {nodes} -n {ranks} --ntasks-per-node={ranks_per_node} -c {threads}"
 *     RANKS_PER_NODE=2
 *     SBATCH="--exclusive --mem=0"
 *
 * A shell reads the same file (slurm/train.sbatch): so a line is KEY=VALUE, with quotes where the value has blanks. */
#ifndef APP_STUDY_SITE_H
#define APP_STUDY_SITE_H
#include "base/error.h"
#include "app/study/study.h"

typedef enum {
    HL_SITE_ACCOUNT,
    HL_SITE_PARTITION,
    HL_SITE_TIME, /* of a job */
    HL_SITE_MODULES,
    HL_SITE_SETUP, /* a line of shell, before the program */
    HL_SITE_LAUNCHER,
    HL_SITE_RANKS_PER_NODE,
    HL_SITE_THREADS, /* of a rank, for slurm/train.sbatch */
    HL_SITE_SBATCH,  /* further options of sbatch, between blanks */
    HL_SITE_KEYS
} hl_site_key;

typedef struct {
    char *value[HL_SITE_KEYS]; /* "" where the file says nothing */
} hl_site;

/* Read the file; NULL: a site that says nothing.  HL_EUSAGE, with file and line, where it is none.  Release with
 * hl_site_free, also after a failure. */
hl_status hl_site_read(hl_site *s, const char *path);

/* The same of a text that stands in a file of this path. */
hl_status hl_site_parse(hl_site *s, const char *text, const char *path);
void hl_site_free(hl_site *s);

/* Give a study that names no launcher that of the site, or srun, and one that does not say how many ranks nodes have
 * the site's number. */
void hl_site_apply(const hl_site *s, hl_study *to);

#endif

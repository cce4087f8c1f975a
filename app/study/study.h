/* study.h - a study: steps of one configuration, measured with different numbers of ranks and values of options.
 *
 *     task: steps                        # or train: each run is a training, and the ranking of its test users
 *     base: job.yaml                     # or a list, the later the stronger; from the folder of the study file
 *     axes: {nodes: [1, 2, 4], ranks_per_node: [2], item.tp: [1, 2]}      # or ranks, where nodes do not matter
 *     points: {wide: {ranks: 8, item.tp: "2,2"}}
 *     fixed: users                       # or users_per_rank, negatives, unique_items: batch_size is that of a rank
 *     repetitions: 5
 *     warmup: 1
 *     steps: 5
 *     seed: 1                            # of the order in which runs are made
 *     ranks_per_node: 2                  # of points that say their nodes alone
 *     metrics: [Recall@10, NDCG@10]      # of task: train: what its report compares
 *     phase: test                        # of task: train: or valid, whose users are ranked
 *     tune:                              # of task: train: the best of a grid on validation is what a point trains
 *       metric: NDCG@10                  # ... by this
 *       seed: 3020                       # ... of a training of each, with this seed
 *       axes: {optim_args.learning_rate: [1e-3, 3e-4]}         # of every point that has steps
 *       points: {wide: {hidden_dropout_prob: [0.1, 0.5]}}      # ... but these, which have grids of their own
 *     name: curve                        # without it that of the file
 *     launcher: mpirun -n {ranks} --bind-to none       # knows {nodes}, {ranks_per_node} and {threads} too
 *
 * The points are those that are listed, behind the grid of all combinations of the axes. */
#ifndef APP_STUDY_STUDY_H
#define APP_STUDY_STUDY_H
#include "base/error.h"
#include "app/config/names.h"
#include <stdbool.h>
#include <stdint.h>

/* What a run is: some steps, whose seconds are measured; or a whole training, whose model is ranked by its users. */
typedef enum { HL_TASK_STEPS, HL_TASK_TRAIN, HL_TASKS } hl_study_task;
extern const char *const hl_study_task_name[HL_TASKS];

/* HL_TASKS: there is none of that name. */
hl_study_task hl_study_task_find(const char *name);

/* What stays put along the ranks.  Of all but the first batch_size is that of a rank, so that a step has more users on
 * more ranks; they differ in what each user is given. */
typedef enum {
    HL_FIXED_USERS,          /* of a step */
    HL_FIXED_USERS_PER_RANK, /* ... and what the configuration says of the rest */
    HL_FIXED_NEGATIVES,      /* ... and the negatives that a user is ranked among: num_negatives of a step in all, and
                              * where that is 0 those of one rank's users */
    HL_FIXED_UNIQUE_ITEMS,   /* ... and the different texts a user: num_negatives is that of a rank, and each point has
                              * a world of its own, made up, ranks times as large (app/study/grown.h) */
    HL_FIXED
} hl_study_fixed;
extern const char *const hl_study_fixed_name[HL_FIXED];

/* HL_FIXED: there is none of that name. */
hl_study_fixed hl_study_fixed_find(const char *name);

enum { HL_STUDY_MOST_REPETITIONS = 1000 };

/* An option, or ranks, nodes or ranks_per_node, and its values: of a grid one or several, of a listed point one. */
typedef struct {
    char *point; /* the listed point that it belongs to; NULL: an axis of the grid */
    char *key;
    hl_names values;
    int line; /* of the file */
} hl_study_axis;

/* What is tried on validation before a point is trained. */
typedef struct {
    hl_study_axis *axis; /* (axes) of grids; point: whose grid it is, NULL: of all that have no own */
    size_t room;
    int axes;
    hl_names metric; /* one, or none: the first of the study's */
    int seed;        /* of the trainings; -1: the file says nothing */
} hl_study_tune;

typedef struct {
    char *path, *name; /* of the file; the name is without folder and ending */
    hl_study_task task;
    hl_names base, launcher, metrics;
    hl_study_axis *axis; /* (axes) in the order of the file */
    size_t axis_room;
    int axes;
    hl_study_fixed fixed;
    int repetitions, warmup, steps, seed;
    int node_ranks;    /* (ranks_per_node) of points that have nodes alone; 0: the file says nothing, so 1 */
    bool has_launcher; /* the file names it */
    bool on_valid;     /* (phase) users of validation are ranked, not those of the test */
    hl_study_tune tune;
} hl_study;

/* How many ranks, and where: no options, but what axes and points may have besides. */
typedef enum { HL_STUDY_RANKS, HL_STUDY_NODES, HL_STUDY_RANKS_PER_NODE, HL_STUDY_PLACES } hl_study_place;
extern const char *const hl_study_place_name[HL_STUDY_PLACES];

/* Which of them a key is; HL_STUDY_PLACES: none. */
hl_study_place hl_study_place_find(const char *key);

/* Read the file.  HL_EUSAGE, with file and line, where it is no study.  Release with hl_study_free, also after a
 * failure. */
hl_status hl_study_read(hl_study *s, const char *path);

/* The same of a text (n bytes) that stands in a file of this path. */
hl_status hl_study_parse(hl_study *s, const char *text, size_t n, const char *path);
void hl_study_free(hl_study *s);

/* Replace the launcher by the words of a text. */
void hl_study_launcher(hl_study *s, const char *text);

#endif

/* question.h - what hllm rehearse asks hllm-rehearse, and what that answers: two structs that travel in files.
 *
 * Both programs come out of one build, so the bytes are those of memory; a file of another size is refused. */
#ifndef APP_REHEARSE_QUESTION_H
#define APP_REHEARSE_QUESTION_H
#include "app/config/config.h"
#include "mpi/train/mesh.h"
#include "step/act.h"
#include "step/machine.h"

typedef struct {
    hl_config config;      /* what it points to stays behind: who reads it gives it another item_cache */
    bool has_cached_items; /* item_cache says something */
    hl_transformer item, user;
    hl_machine machine;
    double texts;  /* different ones a sample; 0: all differ */
    double room;   /* bytes that a rank can have; 0: not known */
    int piece;     /* bytes of a round of a sum; 0: the program's own choice */
    char sums[16]; /* the algorithm of sums over ranks; "": the program's own choice */
} hl_question;

/* Simulated seconds over the ranks. */
typedef struct {
    double least, mean, most, waited; /* waited: mean of these in waits for other ranks */
    double forecast;                  /* the longest that hllm plan says of a rank */
    int rank;                         /* that has the most */
} hl_question_phase;

typedef struct {
    char layout[120];
    double step, forecast;                   /* simulated seconds; those of hllm plan for the same batch and machine */
    double useful_mean, useful_most;         /* seconds that ranks do not wait */
    double waiting;                          /* share of all ranks' time that hllm plan says is waiting */
    double memory;                           /* bytes that hllm plan says of the fullest rank */
    hl_question_phase phase[HL_ACTS + 1];    /* the last: before the first act */
    double sent[HL_MESH_GROUPS];             /* bytes of all ranks in each group */
    int samples, rows, texts, micro_batches; /* of the batch */
    bool overlaps;
    double took, took_bytes; /* seconds and bytes of this machine */
} hl_question_answer;

hl_status hl_question_write(const char *path, const void *bytes, size_t n);
hl_status hl_question_read(void *bytes, size_t n, const char *path);

#endif

/* study-words.c - words of a study file: tasks, what is fixed, where ranks are. */
#include "app/study/study.h"
#include <string.h>

static int find(const char *const *name, int n, const char *word)
{
    int i = 0;
    while (i < n && strcmp(word, name[i]) != 0) i++;
    return i;
}

const char *const hl_study_task_name[HL_TASKS] = {[HL_TASK_STEPS] = "steps", [HL_TASK_TRAIN] = "train"};

hl_study_task hl_study_task_find(const char *name) { return (hl_study_task)find(hl_study_task_name, HL_TASKS, name); }

const char *const hl_study_fixed_name[HL_FIXED] = {
    [HL_FIXED_USERS] = "users",
    [HL_FIXED_USERS_PER_RANK] = "users_per_rank",
    [HL_FIXED_NEGATIVES] = "negatives",
    [HL_FIXED_UNIQUE_ITEMS] = "unique_items",
};

hl_study_fixed hl_study_fixed_find(const char *name)
{
    return (hl_study_fixed)find(hl_study_fixed_name, HL_FIXED, name);
}

const char *const hl_study_place_name[HL_STUDY_PLACES] = {
    [HL_STUDY_RANKS] = "ranks", [HL_STUDY_NODES] = "nodes", [HL_STUDY_RANKS_PER_NODE] = "ranks_per_node"};

hl_study_place hl_study_place_find(const char *key)
{
    return (hl_study_place)find(hl_study_place_name, HL_STUDY_PLACES, key);
}

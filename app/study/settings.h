/* settings.h - what tells the points of a study apart: values of axes, and texts of them. */
#ifndef APP_STUDY_SETTINGS_H
#define APP_STUDY_SETTINGS_H
#include "app/study/study.h"

/* A value of an axis; borrowed. */
typedef struct {
    const char *key, *value;
    int line; /* of the study file */
} hl_study_setting;

/* Those of a point. */
typedef struct hl_study_settings {
    hl_study_setting *at;
    int n;
} hl_study_settings;

/* Ranks, nodes or ranks of a node?  An option?  Anything but a size that grows along the lines of a plot? */
bool hl_setting_is_place(const hl_study_setting *x);
bool hl_setting_is_option(const hl_study_setting *x);
bool hl_setting_is_no_size(const hl_study_setting *x);
bool hl_setting_is_any(const hl_study_setting *x);

/* An option that changes numbers? */
bool hl_setting_changes_numbers(const hl_study_setting *x);

/* Is it the least or the most of these, which are three numbers or more? */
bool hl_setting_is_at_end(const hl_study_setting *x, const hl_names *values);

/* "ranks 2, item.tp 1": those that belong.  Release with free. */
char *hl_settings_text(const hl_study_settings *s, bool (*belongs)(const hl_study_setting *));

/* Of axes (n) those of one point, or of the grid (point: NULL): how many combinations of their values there are, most +
 * 1 where there are more, 0 where there is no axis; the i-th of them, whose last axis changes fastest, put into x,
 * which has room for n. */
int64_t hl_settings_combinations(const hl_study_axis *axis, int n, const char *point, int64_t most);
void hl_settings_combination(hl_study_settings *x, const hl_study_axis *axis, int n, const char *point, int64_t i);

/* Where a training is drawn: along which axis (NULL: none) and where there; the curve is its other settings.  Release
 * both texts with free. */
typedef struct {
    char *axis, *curve;
    double along;
} hl_settings_place;
hl_settings_place hl_settings_drawn(const hl_study *s, const hl_study_settings *from);

#endif

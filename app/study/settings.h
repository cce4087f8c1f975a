/* settings.h - what tells the points of a study apart: values of axes, and texts of them. */
#ifndef APP_STUDY_SETTINGS_H
#define APP_STUDY_SETTINGS_H
#include "app/study/points.h"

/* A value of an axis; borrowed. */
typedef struct {
    const char *key, *value;
    int line; /* of the study file */
} hl_setting;

/* Those of a point. */
typedef struct {
    hl_setting *at;
    int n;
} hl_settings;

/* Ranks, nodes or ranks of a node?  An option?  Anything but a size that grows along the lines of a plot? */
bool hl_setting_is_place(const hl_setting *x);
bool hl_setting_is_option(const hl_setting *x);
bool hl_setting_is_no_size(const hl_setting *x);
bool hl_setting_is_any(const hl_setting *x);

/* An option that changes numbers? */
bool hl_setting_changes_numbers(const hl_setting *x);

/* "ranks 2, item.tp 1": those that belong.  Release with free. */
char *hl_settings_text(const hl_settings *s, bool (*belongs)(const hl_setting *));

/* Axis, value of it and curve of a training's point. */
void hl_settings_curve(hl_point *p, const hl_study *s, const hl_settings *from);

#endif

/* calibration.h - what a rank can do in a second: figures of an ordinary core, or those that were measured. */
#ifndef APP_PLAN_CALIBRATION_H
#define APP_PLAN_CALIBRATION_H
#include "base/error.h"
#include "step/cost.h"

/* Figures of an ordinary core of 2020 and shared memory, times the threads.  A calibration (hllm bench calibrate FILE)
 * is better. */
hl_machine hl_calibration_usual(int threads);

/* What hllm bench calibrate writes now.  Files of schemas 2 to 6 count other things, and are refused; those of
 * schema 1, and whatever names none, have rates alone. */
enum { HL_CALIBRATION_SCHEMA = 7 };

/* The figures of a calibration file, for models of this width.  HL_EFORMAT where it is none, or an earlier one.  Ranks
 * are on as many nodes as they were when it was made; who knows better says so (m->ranks_per_node). */
hl_status hl_calibration_read(hl_machine *m, const char *path, int width);

/* What is guessed of messages between so many ranks, as a sentence; NULL: nothing, or nothing is measured. */
const char *hl_calibration_guess(const hl_machine *m, int ranks);

/* By what factor a calibration may be off, one way or the other, and still learn. */
#define HL_CALIBRATION_MOST_LEARNED 1e4

/* Names of the coefficients in that file (step/machine.h). */
extern const char *const hl_calibration_product[HL_PRODUCT_TERMS];
extern const char *const hl_calibration_attention[HL_ATTENTION_TERMS];
extern const char *const hl_calibration_pass[HL_PASS_TERMS];
extern const char *const hl_calibration_loss[HL_LOSS_TERMS];
extern const char *const hl_calibration_numbers[HL_NUMBERS];
extern const char *const hl_calibration_together[HL_TOGETHERS];
extern const char *const hl_calibration_level[HL_WIRE_LEVELS];

#endif

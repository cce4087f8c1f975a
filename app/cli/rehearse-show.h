/* rehearse-show.h - how hllm rehearse shows what was simulated: lines for people, or one JSON object. */
#ifndef APP_CLI_REHEARSE_SHOW_H
#define APP_CLI_REHEARSE_SHOW_H
#include "app/rehearse/ask.h"

enum { HL_REHEARSE_ROWS = 20 };

typedef struct {
    int ranks;
    hl_question_answer answer;
} hl_rehearse_row;

typedef struct {
    const hl_rehearse_row *row; /* (rows) */
    int rows;
    const hl_ask_orders *ask;
    const char *calibration; /* the file of the machine's figures; "": they are assumed */
    double texts;            /* a sample; 0: all differ */
    const char *sums;        /* NULL: the program's own choice */
    int piece;               /* MB of a round of a sum; 0: the program's own */
} hl_rehearse_view;

/* One row with its acts, or a table of several. */
void hl_rehearse_show(const hl_rehearse_view *v);
void hl_rehearse_show_json(const hl_rehearse_view *v);

#endif

/* ask.h - a step is rehearsed: hllm-rehearse is started by smpirun, and answers. */
#ifndef APP_REHEARSE_ASK_H
#define APP_REHEARSE_ASK_H
#include "app/rehearse/question.h"
#include <limits.h>

typedef struct {
    int ranks;
    const char *platform; /* a file of SimGrid */
    const char *hosts;    /* a file with the host of each rank, a line each; more lines than ranks do no harm */
    bool is_plain;        /* messages take latency + bytes / bandwidth alone; else what SimGrid fitted to Ethernet */
} hl_ask_orders;

/* Is there a program to ask?  HL_EUSAGE with how to get it. */
hl_status hl_ask_check(void);

/* HL_EFAIL where there is no answer, as after a deadlock: the ranks and where they wait stand in the log. */
hl_status hl_ask(hl_question_answer *answer, const hl_question *question, const hl_ask_orders *orders);

#endif

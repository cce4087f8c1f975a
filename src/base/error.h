/* error.h - how things fail: a status with a sentence, or an end.
 *
 * What a person can mend is a status: the number is the exit status of the program, the sentence
 * (what, where, what next) waits in hl_error_text() of the thread that failed.
 * A broken promise between functions is a bug: HL_CHECK ends the job at once. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

typedef enum {
    HL_OK = 0,       /* done */
    HL_EFAIL = 1,    /* failed, none of the below */
    HL_EUSAGE = 2,   /* bad option or configuration */
    HL_EFORMAT = 3,  /* bad input file */
    HL_ENUMERIC = 4, /* NaN, or a loss that can no longer be trained */
    HL_ESTORE = 5,   /* a disk that does not take or give what it should */
    HL_ESTOP = 75    /* stopped by a signal after saving: start me again */
} hl_status;

/* Note the sentence and give back the status:  return HL_FAIL(HL_EFORMAT, "%s: ...", path); */
#define HL_FAIL(status, ...) hl_fail((status), __VA_ARGS__)

/* Pass a failure on to the caller. */
#define HL_TRY(expr)                          \
    do {                                      \
        hl_status hl_try_ = (expr);           \
        if (hl_try_ != HL_OK) return hl_try_; \
    } while (0)

/* A promise between functions; always on outside inner loops. */
#define HL_CHECK(cond)                                                   \
    do {                                                                 \
        if (!(cond)) hl_error_broken_promise(__FILE__, __LINE__, #cond); \
    } while (0)

/* Remember the sentence of a failure; use HL_FAIL.  Sentences end up at 1000 bytes. */
hl_status hl_fail(hl_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Replace the remembered sentence, as when it came from another rank. */
void hl_error_set(const char *sentence);

/* The sentence of the last failure of this thread; never NULL. */
const char *hl_error_text(void);

/* Say what was broken and end the whole job. */
_Noreturn void hl_error_broken_promise(const char *file, int line, const char *promise);

/* End every process of the job now, for where nobody can agree any more. Says `sentence` first. */
_Noreturn void hl_error_end_job(hl_status status, const char *sentence);

/* How a job of many processes ends; the default is _exit(status). */
void hl_error_end_job_with(void (*end)(int status));

#endif

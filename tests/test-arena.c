/* test-arena.c - pieces of an arena are apart, stay where they are, and come back by mark. */
#include "base/arena.h"
#include "tests/check.h"
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    char *name;
    double *x;
    int *empty;
    float *y;
} things;

static void lay_out(things *t, hl_arena *a)
{
    t->name = HL_TAKE(a, char, 5);
    t->x = HL_TAKE(a, double, 100);
    t->empty = HL_TAKE(a, int, 0);
    t->y = HL_TAKE(a, float, 64);
}

static bool is_aligned(const void *p) { return (uintptr_t)p % 64 == 0; }

static void measuring_asks_for_what_filling_takes(void)
{
    things t;
    hl_arena m = hl_arena_measuring();
    lay_out(&t, &m);
    CHECK(!t.name && !t.x && !t.y);
    hl_arena a = hl_arena_growing("things");
    lay_out(&t, &a);
    CHECK(hl_arena_used(&a) == hl_arena_used(&m));
    CHECK(is_aligned(t.name) && is_aligned(t.x) && is_aligned(t.y));
    CHECK((char *)t.x >= t.name + 5 && (char *)t.y >= (char *)(t.x + 100));
    memset(t.y, 1, 64 * sizeof *t.y); /* the last byte is still inside, for the sanitizer to see */
    hl_arena_free(&a);
    CHECK(hl_arena_used(&a) == 0);
}

/* What a process that breaks the promise ends with; its words go nowhere. */
static int end_of(void (*act)(void))
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        act();
        _exit(0);
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void go_back_to_the_future(void)
{
    hl_arena a = hl_arena_growing("small");
    hl_arena_back(&a, 64);
}

static void go_back_to_now(void)
{
    hl_arena a = hl_arena_growing("small");
    hl_arena_take(&a, 64);
    hl_arena_back(&a, 64);
}

static void a_mark_that_is_still_to_come_ends_the_job(void)
{
    CHECK(end_of(go_back_to_now) == 0);
    CHECK(end_of(go_back_to_the_future) == 1);
}

static void a_mark_gives_the_same_place_again(void)
{
    hl_arena a = hl_arena_growing("marks");
    char *kept = hl_arena_take(&a, 100);
    memset(kept, 7, 100);
    size_t mark = hl_arena_mark(&a);
    char *first = hl_arena_take(&a, 200), *second = hl_arena_take(&a, 300);
    hl_arena_back(&a, mark);
    CHECK(hl_arena_used(&a) == mark);
    CHECK((char *)hl_arena_take(&a, 200) == first && (char *)hl_arena_take(&a, 1) == second);
    for (int i = 0; i < 100; i++) CHECK(kept[i] == 7);
    hl_arena_free(&a);
}

enum { PIECES = 60 };

/* 1 byte to 240 KB, so that some pieces fit in a block and some do not. */
static size_t size_of(int i) { return 1 + (size_t)(i * 7919 % 60) * 4000; }

static void fill(unsigned char *piece[PIECES], hl_arena *a, int from, int to)
{
    for (int i = from; i < to; i++) {
        piece[i] = hl_arena_take(a, size_of(i));
        CHECK(is_aligned(piece[i]));
        memset(piece[i], i + 1, size_of(i));
    }
}

static bool holds(const unsigned char *piece, int i)
{
    for (size_t k = 0; k < size_of(i); k++)
        if (piece[k] != i + 1) return false;
    return true;
}

static void a_growing_arena_moves_nothing(void)
{
    unsigned char *piece[PIECES];
    hl_arena a = hl_arena_growing("pieces");
    size_t mark[PIECES + 1];
    for (int i = 0; i < PIECES; i++) {
        mark[i] = hl_arena_mark(&a);
        fill(piece, &a, i, i + 1);
    }
    for (int i = 0; i < PIECES; i++) CHECK(holds(piece[i], i));
    for (int back = PIECES - 1; back >= 0; back--) { /* at last over all blocks, and on again */
        hl_arena_back(&a, mark[back]);
        fill(piece, &a, back, PIECES);
        for (int i = 0; i < PIECES; i++) CHECK(holds(piece[i], i));
    }
    hl_arena_free(&a);
}

/* Taken after a melting, all pieces lie in one block: as far apart as their marks; and it stays the same block. */
static void an_emptied_arena_melts_into_one_block(void)
{
    unsigned char *piece[PIECES];
    hl_arena a = hl_arena_growing("pieces");
    fill(piece, &a, 0, PIECES);
    size_t most = hl_arena_used(&a);
    hl_arena_back(&a, 0);
    CHECK(hl_arena_used(&a) == 0);
    const hl_arena_block *block = a.top;
    for (int again = 0; again < 3; again++) {
        for (int i = 0; i < PIECES; i++) {
            size_t at = hl_arena_mark(&a);
            fill(piece, &a, i, i + 1);
            CHECK(piece[i] == piece[0] + at);
        }
        CHECK(hl_arena_used(&a) == most && a.top == block);
        hl_arena_back(&a, 0);
    }
    hl_arena_free(&a);
}

static void cleared_pieces_are_clear_after_use(void)
{
    hl_arena a = hl_arena_growing("zero");
    memset(hl_arena_take(&a, 1000), 9, 1000);
    hl_arena_back(&a, 0);
    const char *x = HL_TAKE_ZERO(&a, char, 1000);
    for (int i = 0; i < 1000; i++) CHECK(x[i] == 0);
    hl_arena_free(&a);
}

static void nothing_can_be_allocated_too(void)
{
    char *none = hl_alloc(0), *cleared = hl_alloc_zero(3, 2), *text = hl_alloc_text("word");
    CHECK(none && cleared[0] == 0 && cleared[5] == 0 && strcmp(text, "word") == 0);
    none = hl_realloc(none, 10);
    none[9] = 1;
    free(none);
    free(cleared);
    free(text);
}

static const test tests[] = {
    {"measuring asks for what filling takes", measuring_asks_for_what_filling_takes},
    {"going back to a mark that is still to come ends the job", a_mark_that_is_still_to_come_ends_the_job},
    {"after a mark the same place is given again", a_mark_gives_the_same_place_again},
    {"a growing arena moves nothing", a_growing_arena_moves_nothing},
    {"an emptied arena melts into one block", an_emptied_arena_melts_into_one_block},
    {"cleared pieces are clear after use", cleared_pieces_are_clear_after_use},
    {"nothing can be allocated, too", nothing_can_be_allocated_too},
};
HL_TESTS("arena", tests)

/* test-relay.c - a file is opened by one rank of a machine, and all have its bytes. */
#include "tests/check.h"
#include "io/files/filesystem.h"
#include "io/files/reads.h"
#include "io/files/relay.h"
#include "tests/check-mpi.h"
#include "tests/csvpair.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FILES = 20 };

/* File k, which holds its number. */
static const char *file(int k)
{
    char name[20];
    snprintf(name, sizeof name, "f%d", k);
    return in_folder(name);
}

static void write_files(void)
{
    for (int k = 0; k < FILES; k++) {
        char text[20];
        file_write(file(k), text, (size_t)snprintf(text, sizeof text, "number %d", k));
    }
}

/* Does the descriptor lead to file k?  It is closed. */
static bool leads_to(int fd, int k)
{
    char text[20] = "", wanted[20];
    snprintf(wanted, sizeof wanted, "number %d", k);
    const bool is = pread(fd, text, sizeof text - 1, 0) > 0 && strcmp(text, wanted) == 0;
    close(fd);
    return is;
}

static hl_status open_one(hl_relay *r, int *fd, int k)
{
    struct stat st;
    return hl_relay_file(r, fd, &st, file(k), HL_EFORMAT, "get it");
}

static int64_t opened_by_all(int64_t before)
{
    int64_t n = hl_reads_so_far().opens - before;
    hl_group_all_reduce_int(check_world(), &n, 1);
    return n;
}

static void one_rank_opens_for_all_of_its_machine(void)
{
    hl_relay r;
    int fd;
    write_files();
    const int64_t before = hl_reads_so_far().opens;
    hl_relay_open(&r, check_world());
    for (int k = 0; k < FILES; k++)
        if (CHECK_OK(open_one(&r, &fd, k))) CHECK(leads_to(fd, k));
    hl_relay_close(&r);
    CHECK(opened_by_all(before) == FILES);
}

static void without_a_relay_each_rank_opens(void)
{
    int fd;
    write_files();
    const int64_t before = hl_reads_so_far().opens;
    if (CHECK_OK(open_one(NULL, &fd, 3))) CHECK(leads_to(fd, 3));
    CHECK(opened_by_all(before) == check_world()->size);
}

static void a_file_that_is_not_there_fails_on_every_rank_and_the_next_does_not(void)
{
    hl_relay r;
    int fd;
    write_files();
    hl_relay_open(&r, check_world());
    CHECK_FAILS(open_one(&r, &fd, FILES), HL_EFORMAT, "cannot be opened: No such file or directory; get it");
    if (CHECK_OK(open_one(&r, &fd, 1))) CHECK(leads_to(fd, 1));
    hl_relay_close(&r);
}

/* The first rank, or the last. */
static void a_rank_that_leaves_early_holds_nobody_up(void)
{
    write_files();
    for (int leaver = 0; leaver<check_world()->size; leaver += check_world()->size> 1 ? check_world()->size - 1 : 1) {
        hl_relay r;
        int fd;
        const int64_t before = hl_reads_so_far().opens;
        hl_relay_open(&r, check_world());
        for (int k = 0; k < FILES; k++) {
            if (check_world()->rank == leaver && k == 2) break;
            if (CHECK_OK(open_one(&r, &fd, k))) CHECK(leads_to(fd, k));
        }
        hl_relay_close(&r);
        const int64_t opens = opened_by_all(before);
        CHECK(opens >= 2 && opens <= (int64_t)FILES * check_world()->size);
    }
}

static void only_file_systems_of_a_network_are_shared(void)
{
    const hl_filesystem *nfs = hl_filesystem_of_type(0x6969), *ext4 = hl_filesystem_of_type(0xEF53);
    CHECK(nfs && nfs->is_shared && strcmp(nfs->name, "nfs") == 0);
    CHECK(ext4 && !ext4->is_shared);
    CHECK(!hl_filesystem_of_type(12345));
    CHECK(!hl_filesystem_of("/proc"));
}

static const test tests[] = {
    {"one rank opens for all of its machine", one_rank_opens_for_all_of_its_machine},
    {"without a relay each rank opens", without_a_relay_each_rank_opens},
    {"a file that is not there fails on every rank, and the next does not",
     a_file_that_is_not_there_fails_on_every_rank_and_the_next_does_not},
    {"a rank that leaves early holds nobody up", a_rank_that_leaves_early_holds_nobody_up},
    {"only file systems of a network are shared", only_file_systems_of_a_network_are_shared},
};
HL_TESTS("relay", tests)

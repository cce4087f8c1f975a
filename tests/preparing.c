/* preparing.c - what tests of the preparation of a dataset do again and again. */
#include "tests/preparing.h"
#include "io/dataset/dataset.h"
#include "io/dataset/prepare.h"
#include "io/files/folder.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/csvpair.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

hl_status prepare(const hl_prepare_settings *s)
{
    hl_prepare_report r;
    return hl_prepare(check_world(), s, &r);
}

bool exists(const char *path)
{
    hl_group_barrier(check_world());
    bool is = access(path, F_OK) == 0;
    hl_group_barrier(check_world());
    return is;
}

void on_rank_0_remove(const char *path)
{
    hl_group_barrier(check_world());
    if (check_world()->rank == 0) hl_folder_remove(path);
    hl_group_barrier(check_world());
}

bool is_trusted(const hl_prepare_settings *s)
{
    hl_dataset *d;
    bool opens = hl_dataset_open(check_world(), s->folder, &d) == HL_OK;
    hl_dataset_close(d);
    return opens;
}

char *said_while_preparing(const hl_prepare_settings *s)
{
    const char *path = in_folder("said");
    size_t n;
    int before = dup(STDERR_FILENO), fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    dup2(fd, STDERR_FILENO);
    hl_status status = prepare(s);
    dup2(before, STDERR_FILENO);
    close(before);
    close(fd);
    CHECK_OK(status);
    hl_group_barrier(check_world());
    char *said = file_bytes(path, &n);
    hl_group_barrier(check_world());
    if (check_world()->rank == 0) unlink(path);
    hl_group_barrier(check_world());
    return said;
}

bool is_current(const hl_prepare_settings *s)
{
    bool is = false;
    hl_prepare_report r;
    CHECK_OK(hl_prepare_is_current(check_world(), s, &is, &r));
    return is;
}

void set_time(const char *path, time_t seconds)
{
    hl_group_barrier(check_world());
    const struct timespec times[2] = {{seconds, 0}, {seconds, 0}};
    if (check_world()->rank == 0) CHECK(utimensat(AT_FDCWD, path, times, 0) == 0);
    hl_group_barrier(check_world());
}

bool is_called(const char *id, int n, const char *name)
{
    return n == (int)strlen(name) && memcmp(id, name, (size_t)n) == 0;
}

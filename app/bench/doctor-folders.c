/* doctor-folders.c - what hllm doctor looks at of folders: kind, room, flushes, locks, and whether a checkpoint goes
 * there and back. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/minmax.h"
#include "base/part.h"
#include "app/bench/doctor.h"
#include "app/train/preflight.h"
#include "io/checkpoint/checkpoint.h"
#include "io/files/filesystem.h"
#include "io/files/folder.h"
#include "io/files/probe.h"
#include "mpi/comm/openmpi.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- file systems */

static const struct {
    const char *name; /* as in io/files/filesystem.c */
    hl_grade grade;   /* as a place for checkpoints */
    const char *remedy;
} systems[] = {
    {"ext4", HL_FINE, NULL},
    {"xfs", HL_FINE, NULL},
    {"btrfs", HL_FINE, NULL},
    {"zfs", HL_FINE, NULL},
    {"nfs", HL_FINE, NULL},
    {"lustre", HL_NOTED, "lfs setstripe -c -1 FOLDER, so that a large checkpoint goes to all servers"},
    {"gpfs", HL_FINE, NULL},
    {"beegfs", HL_FINE, NULL},
    {"ceph", HL_FINE, NULL},
    {"cifs", HL_NOTED, "take another file system if locks or flushes are slow"},
    {"smb2", HL_NOTED, "take another file system if locks or flushes are slow"},
    {"fuse", HL_FINE, NULL},
    {"fakeowner", HL_FINE, NULL},
    {"9p", HL_FINE, NULL},
    {"overlay", HL_NOTED, "mount a volume there: what is written goes with the container"},
    {"tmpfs", HL_NOTED, "take a disk: what is there is lost with the machine, and takes its memory"},
    {"ramfs", HL_DOUBTFUL, "take a disk: what is there is lost with the machine, and takes its memory"},
};
enum { SYSTEMS = sizeof systems / sizeof systems[0] };

static int system_of(const char *path)
{
    const hl_filesystem *is = hl_filesystem_of(path);
    for (int i = 0; is && i < SYSTEMS; i++)
        if (strcmp(systems[i].name, is->name) == 0) return i;
    return -1;
}

/* ---- a folder on rank 0 */

typedef struct {
    double flush; /* seconds; < 0: nothing can be written */
    bool locks;
} trial;

static bool has_locks(int fd)
{
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_SETLK, &l) == 0;
}

static double seconds_to_flush(int fd)
{
    enum { TIMES = 5 };
    double began = hl_seconds();
    for (int i = 0; i < TIMES; i++)
        if (write(fd, "hllm", 4) != 4 || fsync(fd) != 0) return -1;
    return (hl_seconds() - began) / TIMES;
}

static trial try_folder(const char *folder)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.*s/.hllm-doctor-%ld", PATH_MAX - 60, folder, (long)getpid());
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return (trial){-1, false};
    const trial t = {seconds_to_flush(fd), has_locks(fd)};
    close(fd);
    unlink(path);
    return t;
}

static void say_folder(hl_doctor *d, const char *key, const char *path, bool is_written)
{
    char at[PATH_MAX], locks[80] = "";
    hl_folder_existing(at, path);
    const int system = system_of(at);
    const trial t = is_written ? try_folder(at) : (trial){-1, true};
    const bool is_odd = is_written && system >= 0 && systems[system].grade != HL_FINE;
    if (is_written && t.flush >= 0)
        snprintf(locks, sizeof locks, ", a flush takes %.2g ms, locks %s", 1e3 * t.flush,
                 t.locks ? "work" : "do not work");
    hl_finding *f =
        hl_doctor_say(d, is_odd ? systems[system].grade : HL_FINE, is_odd ? systems[system].remedy : NULL,
                      "%s %.200s: %s, %.1f GB free%s", key, path,
                      system >= 0 ? systems[system].name : "another file system", hl_openmpi_room(at) / 1e9, locks);
    hl_finding_figure(f, "free_bytes", hl_openmpi_room(at));
    if (is_written && t.flush >= 0) hl_finding_figure(f, "flush_s", t.flush);
    if (is_written && t.flush >= 0 && !t.locks)
        hl_doctor_say(d, HL_DOUBTFUL,
                      "start one job at a time there, or mount it with locks (NFS: lockd, Lustre: flock)",
                      "%s %.200s: locks do not work, so nothing keeps two jobs apart", key, path);
    if (is_written && t.flush > 0.2)
        hl_doctor_say(d, HL_NOTED, "take another file system for checkpoints", "%s %.200s: a flush takes %.2g s", key,
                      path, t.flush);
}

/* ---- the folders of a job */

typedef struct {
    const char *key;
    char path[PATH_MAX];
    bool is_written;
} place;

enum { PLACES = 8 };

static void add(place *list, int *n, const char *key, const char *path, bool is_written)
{
    if (!*path) return;
    list[*n].key = key;
    list[*n].is_written = is_written;
    snprintf(list[(*n)++].path, PATH_MAX, "%s", path);
}

/* Where the dataset is written: beside its own name. */
static void add_dataset(place *list, int *n, const hl_config *c)
{
    char above[PATH_MAX];
    hl_folder_above(above, c->dataset_dir);
    add(list, n, *c->dataset_dir ? "dataset_dir" : "dataset_dir (data_path)", *c->dataset_dir ? above : c->data_path,
        true);
}

static int list_places(place *list, const hl_config *c)
{
    int n = 0;
    if (!c) {
        add(list, &n, "folder", ".", true);
        add(list, &n, "TMPDIR", hl_openmpi_tmp(), false);
        return n;
    }
    add(list, &n, "checkpoint_dir", c->checkpoint_dir, true);
    add_dataset(list, &n, c);
    add(list, &n, "data_path", c->data_path, false);
    add(list, &n, "text_path", c->text_path, false);
    add(list, &n, "item_pretrain_dir", c->item_pretrain_dir, false);
    add(list, &n, "user_pretrain_dir", c->user_pretrain_dir, false);
    return n;
}

static hl_status check_readable(const place *p, int rank)
{
    if (access(p->path, R_OK | X_OK) == 0) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s %.300s: rank %d cannot read it: %s", p->key, p->path, rank, strerror(errno));
}

static void look_at(hl_doctor *d, const place *p)
{
    const hl_status s = p->is_written ? hl_probe_folder(d->world, p->path, p->key)
                                      : hl_group_agree(d->world, check_readable(p, d->world->rank));
    if (s != HL_OK)
        hl_doctor_say(d, HL_FAILS, "name a folder that all machines share and the job may use", "%s", hl_error_text());
    else if (d->world->rank == 0) say_folder(d, p->key, p->path, p->is_written);
}

void hl_doctor_folders(hl_doctor *d)
{
    place list[PLACES];
    const int n = list_places(list, d->config);
    for (int i = 0; i < n; i++) look_at(d, &list[i]);
    if (!d->config) return;
    if (hl_preflight(d->world, d->config, true) != HL_OK)
        hl_doctor_say(d, HL_FAILS, "correct the configuration", "%s", hl_error_text());
    else if (d->world->rank == 0 && hl_preflight_space(d->config) != HL_OK)
        hl_doctor_say(d, HL_FAILS, "make space there, or name another checkpoint_dir", "%s", hl_error_text());
}

/* ---- a checkpoint, there and back */

enum { WIDTH = 1024, LEAST_ROWS = 1024 };

typedef struct {
    hl_status status;
    char sentence[300];
    double write, read, bytes;
} outcome;

static void fill(float *x, size_t n, int what)
{
    for (size_t i = 0; i < n; i++) x[i] = (float)(i % 8191) + (float)what;
}

static bool is_filled(const float *x, size_t n, int what)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] != (float)(i % 8191) + (float)what) return false;
    return true;
}

static hl_status go_and_return(outcome *o, const hl_group *world, const char *folder,
                               const hl_checkpoint_content *content, float *x, size_t n)
{
    hl_checkpoint *c = NULL;
    char step[PATH_MAX];
    snprintf(step, sizeof step, "%.*s/step-1", PATH_MAX - 60, folder);
    for (int k = 0; k < 3; k++) fill(x + (size_t)k * n, n, k);
    double began = hl_seconds();
    HL_TRY(hl_checkpoint_write(world, folder, 1, content, "{}", 0, -1));
    o->write = hl_group_max(world, hl_seconds() - began);
    memset(x, 0, 3 * n * sizeof *x);
    began = hl_seconds();
    hl_status s = hl_checkpoint_open(&c, world, step, true);
    if (s == HL_OK) s = hl_checkpoint_read(c, world, content);
    hl_checkpoint_close(c);
    o->read = hl_group_max(world, hl_seconds() - began);
    bool is_same = true;
    for (int k = 0; k < 3; k++) is_same = is_same && is_filled(x + (size_t)k * n, n, k);
    if (s == HL_OK && !is_same) s = HL_FAIL(HL_ESTORE, "%s: other numbers are read than were written", folder);
    return hl_group_agree(world, s);
}

/* Rows of one tensor and its moments, dealt to all ranks. */
static void try_checkpoint(outcome *o, const hl_group *world, const char *folder)
{
    hl_params t = {0};
    hl_group me;
    const int64_t rows = hl_max(world->size, LEAST_ROWS), begin = hl_part_begin(rows, world->size, world->rank),
                  end = begin + hl_part_count(rows, world->size, world->rank);
    hl_params_add_cut(&t, &(hl_param_name){"doctor.weight", "doctor/weight", -1, 1}, 2, (int64_t[]){rows, WIDTH}, 0,
                      &(hl_cut){begin, end, begin, end});
    float *x = hl_alloc(3 * t.count * sizeof *x);
    hl_group_split(&me, world, world->rank);
    const hl_checkpoint_part part = {&t, &t, &me, x, x + t.count, x + 2 * t.count, NULL, NULL};
    o->bytes = 3.0 * (double)rows * WIDTH * sizeof *x;
    o->status = go_and_return(o, world, folder, &(hl_checkpoint_content){&part, 1, true, NULL}, x, t.count);
    if (o->status != HL_OK) snprintf(o->sentence, sizeof o->sentence, "%s", hl_error_text());
    if (world->rank == 0) hl_folder_remove(folder);
    hl_group_close(&me);
    hl_params_free(&t);
    free(x);
}

void hl_doctor_files(hl_doctor *d)
{
    char at[PATH_MAX], folder[PATH_MAX];
    const double needed = 40e6;
    outcome o = {0};
    hl_folder_existing(at, d->config ? d->config->checkpoint_dir : ".");
    if (d->world->rank == 0)
        snprintf(folder, sizeof folder, "%.*s/.hllm-doctor-run-%ld", PATH_MAX - 100, at, (long)getpid());
    hl_group_broadcast(d->world, folder, sizeof folder, 0);
    const hl_status may = hl_probe_folder(d->world, folder, "checkpoint_dir");
    double room = hl_openmpi_room(at);
    hl_group_broadcast(d->world, &room, sizeof room, 0);
    if (may != HL_OK || room < needed) {
        hl_doctor_say(d, HL_NOTED, "name a folder that all ranks can write, as checkpoint_dir",
                      "no checkpoint was tried in %.200s: %s", at,
                      may != HL_OK ? "not all ranks can write there" : "there is no room");
        return;
    }
    try_checkpoint(&o, d->world, folder);
    if (o.status != HL_OK) {
        hl_doctor_say(d, HL_FAILS, "see what the disk says", "a checkpoint does not go to %.100s and back: %.250s", at,
                      o.sentence);
        return;
    }
    hl_finding *f = hl_doctor_say(
        d, HL_FINE, NULL,
        "a checkpoint of %.0f MB goes to %.200s in %.2g s (%.3g GB/s) and back in %.2g s, each rank its part",
        o.bytes / 1e6, at, o.write, o.bytes / o.write / 1e9, o.read);
    hl_finding_figure(f, "write_s", o.write);
    hl_finding_figure(f, "read_s", o.read);
    hl_finding_figure(f, "bytes", o.bytes);
}

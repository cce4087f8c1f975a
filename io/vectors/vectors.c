/* vectors.c - a file of vectors and of whom they are, in the form of one program or another.
 *
 * A form writes its file in memory (memfd_create), where nothing fails for want of room; the stretch of the vectors is
 * a hole there and takes no pages.  What is around it is copied to the disk. */
#include "io/vectors/vectors.h"
#include "base/path.h"
#include "io/files/atomic.h"
#include "io/files/mapped.h"
#include "io/files/positioned.h"
#include "io/files/regular.h"
#include "io/files/remedy.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const hl_vectors_form *const forms[] = {&hl_vectors_safetensors, &hl_vectors_hdf5, &hl_vectors_npy};
enum { FORMS = sizeof forms / sizeof forms[0] };

static const char MEMORY[] = "a file in memory";

/* ---- which form */

static bool ends_with(const char *path, const char *ending)
{
    const size_t n = strlen(path), k = ending ? strlen(ending) : 0;
    return k > 0 && n > k && strcmp(path + n - k, ending) == 0;
}

static const hl_vectors_form *by_ending(const char *path)
{
    for (int i = 0; i < FORMS; i++)
        if (ends_with(path, forms[i]->ending[0]) || ends_with(path, forms[i]->ending[1])) return forms[i];
    return forms[0];
}

hl_status hl_vectors_form_of(const hl_vectors_form **out, const char *name, const char *path)
{
    char list[100] = "";
    *out = name ? NULL : by_ending(path);
    for (int i = 0; i < FORMS && name; i++) {
        if (strcmp(forms[i]->name, name) == 0) *out = forms[i];
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", forms[i]->name);
    }
    return *out ? HL_OK : HL_FAIL(HL_EUSAGE, "--form %.40s is none of %s", name, list);
}

bool hl_vectors_look(hl_vectors_head *h, const hl_vectors_form **form, const char *path)
{
    char beside[PATH_MAX];
    if (hl_path_check(path) != HL_OK) return false;
    for (int i = 0; i < FORMS; i++) {
        *form = forms[i];
        *h = (hl_vectors_head){0};
        hl_vectors_beside(beside, forms[i], path);
        if (forms[i]->look && hl_regular_is(path) && forms[i]->look(h, path, beside)) return true;
    }
    return false;
}

void hl_vectors_beside(char out[PATH_MAX], const hl_vectors_form *form, const char *path)
{
    const char *ending = form->ending[0];
    const size_t n = strlen(path) - (ends_with(path, ending) ? strlen(ending) : 0);
    *out = 0;
    if (form->beside) hl_path(out, "%.*s%s", (int)n, path, form->beside);
}

/* ---- a new file */

/* All of `from`, whose stretch [begin, end) is left out. */
static hl_status copy(int fd, const char *path, const hl_vectors_map *from, int64_t begin, int64_t end)
{
    const int64_t size = (int64_t)from->size;
    HL_TRY(hl_positioned_write(fd, path, from->bytes, (size_t)begin, 0));
    return hl_positioned_write(fd, path, from->bytes + end, (size_t)(size - end), end);
}

static hl_status write_file(const char *path, const hl_vectors_map *from, int64_t begin, int64_t end)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return hl_remedy_fail(path, "create", errno);
    hl_status s = hl_positioned_reserve(fd, path, (int64_t)from->size);
    if (s == HL_OK) s = copy(fd, path, from, begin, end);
    if (s == HL_OK && hl_atomic_flush(fd) != 0) s = hl_remedy_fail(path, "flush", errno);
    if (close(fd) != 0 && s == HL_OK) s = hl_remedy_fail(path, "close", errno);
    return s;
}

static hl_status map_memory(hl_vectors_map *m, int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return hl_remedy_fail(MEMORY, "be measured", errno);
    void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) return hl_remedy_fail(MEMORY, "be mapped", errno);
    *m = (hl_vectors_map){at, (size_t)st.st_size};
    return HL_OK;
}

/* The file in memory, FILE or the second one, and where its vectors begin.  Unmap it also after a failure. */
static hl_status lay_out(hl_vectors_map *m, int64_t *at, const hl_vectors_form *form, const hl_vectors *v, bool beside)
{
    *m = (hl_vectors_map){0};
    *at = 0;
    const int fd = memfd_create("hllm-vectors", MFD_CLOEXEC);
    if (fd < 0) return hl_remedy_fail(MEMORY, "be made", errno);
    hl_status s = beside ? form->lay_out_beside(fd, v) : form->lay_out(fd, v, at);
    if (s == HL_OK) s = map_memory(m, fd);
    close(fd);
    return s;
}

static void unmap(const hl_vectors_map *m)
{
    if (m->bytes) munmap((void *)(uintptr_t)m->bytes, m->size);
}

/* Lay FILE out, and write it where it has a path. */
static hl_status make(hl_vectors_place *p, const hl_vectors_form *form, const hl_vectors *v, const char *path)
{
    hl_vectors_map m;
    int64_t at;
    hl_status s = lay_out(&m, &at, form, v, false);
    *p = (hl_vectors_place){at, (int64_t)m.size};
    if (s == HL_OK && path) s = write_file(path, &m, at, at + hl_vectors_bytes(v));
    unmap(&m);
    return s;
}

static hl_status make_beside(const hl_vectors_form *form, const hl_vectors *v, const char *path)
{
    hl_vectors_map m;
    int64_t at;
    hl_status s = lay_out(&m, &at, form, v, true);
    if (s == HL_OK && *path) s = write_file(path, &m, 0, 0);
    unmap(&m);
    return s;
}

hl_status hl_vectors_measure(hl_vectors_place *p, const hl_vectors_form *form, const hl_vectors *v)
{
    HL_TRY(make(p, form, v, NULL));
    return form->beside ? make_beside(form, v, "") : HL_OK;
}

hl_status hl_vectors_make(hl_vectors_place *p, const hl_vectors_form *form, const hl_vectors *v, const char *path,
                          const char *beside)
{
    HL_TRY(make(p, form, v, path));
    return form->beside ? make_beside(form, v, beside) : HL_OK;
}

/* ---- a file that is there */

bool hl_vectors_map_open(hl_vectors_map *m, const char *path)
{
    struct stat st;
    *m = (hl_vectors_map){0};
    const int fd = hl_regular_is(path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *at = MAP_FAILED;
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0)
        at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (fd >= 0) close(fd);
    if (at == MAP_FAILED) return false;
    hl_mapped_add(at, (size_t)st.st_size, path);
    *m = (hl_vectors_map){at, (size_t)st.st_size};
    return true;
}

void hl_vectors_map_close(hl_vectors_map *m)
{
    if (m->bytes) hl_mapped_remove(m->bytes), unmap(m);
    *m = (hl_vectors_map){0};
}

void hl_vectors_close(hl_vectors_there *t)
{
    if (t->release) t->release(t->held);
    *t = (hl_vectors_there){0};
}

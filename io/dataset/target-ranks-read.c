/* target-ranks-read.c - a file of ranks of targets is read, by one process. */
#include "base/alloc.h"
#include "io/dataset/target-ranks-form.h"
#include "io/dataset/target-ranks.h"
#include "io/files/h5.h"
#include "io/files/positioned.h"
#include "io/files/regular.h"
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static hl_status is_none(const char *path, const char *why)
{
    return HL_FAIL(HL_EFORMAT, "%s: is no file of ranks of targets (%s); hllm eval --ranks writes one", path, why);
}

static json_t *attribute_value(hid_t attribute)
{
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    const bool is_one = H5Sget_simple_extent_npoints(space) == 1;
    json_t *x = NULL;
    char *text = NULL;
    if (is_one && H5Tis_variable_str(type) > 0 && H5Aread(attribute, type, &text) >= 0 && text) x = json_string(text);
    if (text) H5free_memory(text);
    int64_t n;
    if (is_one && H5Tget_class(type) == H5T_INTEGER && H5Aread(attribute, H5T_NATIVE_INT64, &n) >= 0)
        x = json_integer(n);
    H5Sclose(space);
    H5Tclose(type);
    return x;
}

static herr_t add_attribute(hid_t file, const char *name, const H5A_info_t *info, void *about)
{
    (void)info;
    hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
    json_t *x = attribute >= 0 ? attribute_value(attribute) : NULL;
    if (attribute >= 0) H5Aclose(attribute);
    if (x) json_object_set_new(about, name, x);
    return 0;
}

static hl_status read_about(hl_target_ranks *t, hid_t file, const char *path)
{
    t->about = json_object();
    H5Aiterate2(file, H5_INDEX_NAME, H5_ITER_INC, NULL, add_attribute, t->about);
    const char *format = json_string_value(json_object_get(t->about, "format"));
    if (!format || strcmp(format, HL_TARGET_RANKS_FORMAT) != 0) return is_none(path, "its format is another");
    const json_int_t schema = json_integer_value(json_object_get(t->about, "schema"));
    if (schema == HL_TARGET_RANKS_SCHEMA) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: a file of ranks of schema %lld; this program reads %d: make it again", path,
                   (long long)schema, HL_TARGET_RANKS_SCHEMA);
}

/* Is it as it is written here?  numbers: how many it has, fewer than the file has bytes. */
static bool fits(hid_t set, int64_t *numbers, int64_t file_size)
{
    hid_t how = H5Dget_create_plist(set), type = H5Dget_type(set), space = H5Dget_space(set);
    const bool is_plain = H5Pget_layout(how) == H5D_CONTIGUOUS && H5Pget_external_count(how) == 0
                          && H5Tget_class(type) == H5T_INTEGER && H5Sget_simple_extent_ndims(space) == 1;
    *numbers = H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    H5Tclose(type);
    H5Pclose(how);
    return is_plain && *numbers >= 0 && *numbers <= file_size;
}

/* *out: `numbers` numbers. */
static hl_status read_array(void **out, int64_t *numbers, hid_t file, int array, const char *path, int64_t file_size)
{
    hid_t set = H5Dopen2(file, hl_target_ranks_arrays[array].name, H5P_DEFAULT);
    if (set < 0) return is_none(path, "an array is missing");
    hl_status s = fits(set, numbers, file_size) ? HL_OK : is_none(path, "an array has another form");
    const hid_t types[HL_H5_TYPES] = {
        [HL_H5_U8] = H5T_NATIVE_UINT8, [HL_H5_I32] = H5T_NATIVE_INT32, [HL_H5_I64] = H5T_NATIVE_INT64};
    if (s == HL_OK) *out = hl_alloc_zero((size_t)*numbers + 1, sizeof(int64_t));
    if (s == HL_OK && *numbers > 0
        && H5Dread(set, types[hl_target_ranks_arrays[array].type], H5S_ALL, H5S_ALL, H5P_DEFAULT, *out) < 0)
        s = HL_FAIL(HL_ESTORE, "%s: cannot be read: %s; make it again", path, hl_h5_reason());
    H5Dclose(set);
    return s;
}

/* Do the begins ascend from 0 to the number of bytes? */
static bool are_begins(const int64_t *begin, int64_t n, int64_t bytes)
{
    for (int64_t i = 0; i < n; i++)
        if (begin[i + 1] < begin[i]) return false;
    return begin[0] == 0 && begin[n] == bytes;
}

static hl_status check(const hl_target_ranks *t, const int64_t *numbers, const char *path)
{
    bool good = numbers[HL_RANKS_USER_BEGIN] == t->n + 1 && numbers[HL_RANKS_TARGET_BEGIN] == t->n + 1;
    for (int k = HL_RANKS_LOW; k <= HL_RANKS_POPULARITY; k++) good &= numbers[k] == t->n;
    good = good && are_begins(t->user_begin, t->n, numbers[HL_RANKS_USER])
           && are_begins(t->target_begin, t->n, numbers[HL_RANKS_TARGET]);
    for (int64_t i = 0; i < t->n && good; i++) good = t->low[i] >= 0 && t->high[i] >= t->low[i];
    return good ? HL_OK : is_none(path, "its arrays do not go together");
}

static hl_status read_file(hl_target_ranks *t, hid_t file, const char *path, int64_t size)
{
    int64_t numbers[HL_RANKS_ARRAYS];
    void **const to[HL_RANKS_ARRAYS] = {(void **)&t->user,         (void **)&t->user_begin, (void **)&t->target,
                                        (void **)&t->target_begin, (void **)&t->low,        (void **)&t->high,
                                        (void **)&t->history,      (void **)&t->popularity};
    HL_TRY(read_about(t, file, path));
    for (int k = 0; k < HL_RANKS_ARRAYS; k++) HL_TRY(read_array(to[k], &numbers[k], file, k, path, size));
    t->n = numbers[HL_RANKS_LOW];
    return check(t, numbers, path);
}

/* Before HDF5 looks. */
static hl_status check_line(int fd, const char *path, int64_t size)
{
    char line[HL_TARGET_RANKS_LINE + 1] = "", wanted[HL_TARGET_RANKS_LINE + 1];
    uint64_t digest;
    hl_group me;
    if (size > HL_TARGET_RANKS_LINE)
        HL_TRY(hl_positioned_read(fd, path, line, HL_TARGET_RANKS_LINE, size - HL_TARGET_RANKS_LINE));
    if (strncmp(line, "\nhllm ranks ", 12) != 0) return is_none(path, "it does not end as one");
    hl_group_alone(&me);
    HL_TRY(hl_target_ranks_digest(&digest, &me, path, size - HL_TARGET_RANKS_LINE));
    hl_target_ranks_line(wanted, digest);
    return strcmp(line, wanted) == 0
               ? HL_OK
               : HL_FAIL(HL_ESTORE, "%s: is damaged: its bytes are not those that were written; make it again", path);
}

hl_status hl_target_ranks_read(hl_target_ranks *t, const char *path)
{
    struct stat st;
    int fd;
    *t = (hl_target_ranks){0};
    HL_TRY(hl_regular_open(&fd, &st, path, HL_EFORMAT, "name a file that hllm eval --ranks has written"));
    const hl_status whole = check_line(fd, path, (int64_t)st.st_size);
    close(fd);
    HL_TRY(whole);
    hl_h5_quiet();
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0) return is_none(path, "it is not HDF5");
    const hl_status s = read_file(t, file, path, (int64_t)st.st_size);
    H5Fclose(file);
    return s;
}

void hl_target_ranks_free(hl_target_ranks *t)
{
    free(t->user);
    free(t->target);
    free(t->user_begin);
    free(t->target_begin);
    free(t->low);
    free(t->high);
    free(t->popularity);
    free(t->history);
    json_decref(t->about);
    *t = (hl_target_ranks){0};
}

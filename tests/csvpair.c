/* csvpair.c - two CSV files, and a dataset prepared from them, for tests of datasets. */
#include "tests/csvpair.h"
#include "base/arena.h"
#include "base/rng.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "io/files/folder.h"
#include "io/files/regular.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* u1 has two interactions at one time and one before its others in time, u2 has two in all, u4 has odd bytes for an
 * id. */
const char small_interactions[] = "item,user,time\n"
                                  "i1,u1,50\n"
                                  "i2,u2,10\n"
                                  "i3,u1,40\n"
                                  "i4,u3,-3\n"
                                  "i1,u1,50\n"
                                  "\"i,5\",u3,2\n"
                                  "i6,\xFF\xC3,1\n"
                                  "i2,u3,9223372036854775807\n"
                                  "i7,\xFF\xC3,2\n"
                                  "i8,u2,11\n"
                                  "i2,u1,50\n"
                                  "i1,\xFF\xC3,3\n"
                                  "i4,\xFF\xC3,4\n";

/* i2 is there twice, i3 says the same as i1, i4 has no value, i6 is cut, i7 and i8 have no row, other is no item. */
const char small_texts[] = "tag,item_id,title,unused\n"
                           "red,i1,one,x\n"
                           "old,i2,old,x\n"
                           "red,i3,one,x\n"
                           "NA,i4,,x\n"
                           "\"a\nb\",\"i,5\",null,x\n"
                           "t,i6,0123456789012345678901234567890123456789,x\n"
                           "x,other,x,x\n"
                           ",i2,\"n\xC3\xA9w, \"\"two\"\"\",x\n";

const char *in_folder(const char *name)
{
    static char paths[8][PATH_MAX];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, PATH_MAX, "%s/%s", check_folder(), name);
    return path;
}

void file_write(const char *path, const void *bytes, size_t n)
{
    const hl_group *g = check_world();
    hl_group_barrier(g);
    if (g->rank == 0) {
        FILE *f = fopen(path, "wb");
        CHECK(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
    }
    hl_group_barrier(g);
}

char *file_bytes(const char *path, size_t *n)
{
    char *bytes;
    return hl_regular_read(path, (size_t)1 << 30, &bytes, n) == HL_OK ? bytes : NULL;
}

hl_prepare_settings csv_pair(const char *dataset, const char *interactions, const char *texts)
{
    static const char *const keys[] = {"title", "tag"};
    static char data[PATH_MAX], text[PATH_MAX], folder[PATH_MAX], name[100];
    char file[200];
    snprintf(name, sizeof name, "%s", dataset);
    snprintf(data, sizeof data, "%s", in_folder("data"));
    snprintf(text, sizeof text, "%s", in_folder("text"));
    CHECK_OK(hl_folder_make(data));
    CHECK_OK(hl_folder_make(text));
    snprintf(file, sizeof file, "data/%s.csv", name);
    file_write(in_folder(file), interactions, strlen(interactions));
    snprintf(file, sizeof file, "text/%s.csv", name);
    file_write(in_folder(file), texts, strlen(texts));
    snprintf(file, sizeof file, "%s.hllm", name);
    snprintf(folder, sizeof folder, "%s", in_folder(file));
    return (hl_prepare_settings){
        .data_path = data,
        .text_path = text,
        .dataset = name,
        .folder = folder,
        .tokenizer = "bytes",
        .max_text_length = 40,
        .item_prompt = "P: ",
        .text_keys = keys,
        .n_text_keys = 2,
        .shard_items = 3,
        .shard_users = 2,
    };
}

hl_prepare_settings large_pair(const char *dataset, int rows)
{
    size_t room = (size_t)rows * 64 + 100, n = 0, m = 0;
    char *x = hl_alloc(room), *t = hl_alloc(room);
    hl_rng r = hl_rng_at(5, HL_FOR_TESTS, 2, 0);
    n += (size_t)snprintf(x, room, "i,u,t\n");
    m += (size_t)snprintf(t, room, "item_id,title,tag\n");
    for (int i = 0; i < rows; i++) {
        int item = (int)hl_rng_below(&r, (uint64_t)rows / 4), user = (int)hl_rng_below(&r, (uint64_t)rows / 5);
        n += (size_t)snprintf(x + n, room - n, "i%d,u%d,%d\n", item, user, (int)hl_rng_below(&r, 20));
        if (i % 4 == 0)
            m += (size_t)snprintf(t + m, room - m, "i%d%s,\"title %d\",%d\n", item, i % 7 ? "" : ".0", item % 50,
                                  item % 3);
    }
    hl_prepare_settings s = csv_pair(dataset, x, t);
    free(x);
    free(t);
    return s;
}

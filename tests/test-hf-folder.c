/* test-hf-folder.c - folders of models that are not what they seem are named, with what to do. */
#include "tests/check.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
#include "io/weights/hf-config.h"
#include "io/files/hf-folder.h"
#include "io/weights/state-dict.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *in_folder(const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", check_folder(), name);
    return path;
}

static void put_text(const char *name, const char *text)
{
    CHECK_OK(hl_atomic_write(in_folder(name), text, strlen(text)));
}

static void make_folder(const char *name) { CHECK_OK(hl_folder_make(in_folder(name))); }

static void put_pointer(const char *name)
{
    put_text(name, "version https://git-lfs.github.com/spec/v1\noid sha256:0000\nsize 1064000\n");
}

static void a_folder_without_a_model_says_what_it_is(void)
{
    static const struct {
        const char *file, *words;
    } cases[] = {
        {"weights.bin", "neither pytorch_model.bin nor"},
        {"adapter_model.safetensors", "is an adapter (LoRA) without its model"},
        {"model-Q4_K_M.gguf", "GGUF"},
        {"tf_model.h5", ".h5 only"},
        {"consolidated.00.pth", "under another name than pytorch_model.bin"},
        {"weights.safetensors", "neither model.safetensors nor"},
        {"zero_to_fp32.py", "a checkpoint of DeepSpeed"},
        {"used.yaml", "is a run folder of this program"},
        {"optimizer.h5", "is a checkpoint of this program"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[100], config[100];
        snprintf(name, sizeof name, "kind%zu/%s", i, cases[i].file);
        snprintf(config, sizeof config, "kind%zu/config.json", i);
        char *slash = strrchr(name, '/');
        *slash = 0;
        make_folder(name);
        CHECK_FAILS(hl_hf_folder_check(in_folder(name), false), HL_EFORMAT,
                    "has no config.json; name the folder of a whole model");
        *slash = '/';
        put_text(name, "x");
        *slash = 0;
        CHECK_FAILS(hl_hf_folder_check(in_folder(name), false), HL_EFORMAT, cases[i].words);
        put_text(config, "{}");
        CHECK_OK(hl_hf_folder_check(in_folder(name), false));
        CHECK_FAILS(hl_hf_folder_check(in_folder(name), true), HL_EFORMAT, cases[i].words);
    }
}

static void the_model_may_lie_below(void)
{
    make_folder("models--a--b/snapshots/abc");
    make_folder("models--a--b/refs");
    CHECK_FAILS(hl_hf_folder_check(in_folder("models--a--b"), true), HL_EFORMAT, "without a whole snapshot");
    put_text("models--a--b/snapshots/abc/config.json", "{}");
    CHECK_FAILS(hl_hf_folder_check(in_folder("models--a--b"), true), HL_EFORMAT,
                "is the root of a hub's cache; the model is in");
    CHECK_FAILS(hl_hf_folder_check(in_folder("models--a--b/snapshots"), true), HL_EFORMAT,
                "snapshots/abc, so name that");
    make_folder("models--a--b/snapshots/def");
    put_text("models--a--b/snapshots/def/config.json", "{}");
    put_text("models--a--b/refs/main", "def");
    CHECK_FAILS(hl_hf_folder_check(in_folder("models--a--b"), true), HL_EFORMAT, "snapshots/def, so name that");
    CHECK_FAILS(hl_hf_folder_check(in_folder("models--a--b/refs/main"), true), HL_EFORMAT,
                "is a file; name the folder");
    CHECK_FAILS(hl_hf_folder_check(in_folder("nowhere"), true), HL_EFORMAT, "no such folder");
    put_text("models--a--b/snapshots/def/model.safetensors", "x");
    CHECK_OK(hl_hf_folder_check(in_folder("models--a--b/snapshots/def"), true));
    CHECK(remove(in_folder("models--a--b/snapshots/def/config.json")) == 0);
    CHECK_FAILS(hl_hf_folder_check(in_folder("models--a--b/snapshots/def"), true), HL_EFORMAT,
                "has weights, but no config.json");
    CHECK(symlink("../../blobs/none", in_folder("models--a--b/snapshots/def/config.json")) == 0);
    CHECK_FAILS(hl_hf_folder_check(in_folder("models--a--b/snapshots/def"), true), HL_EFORMAT,
                "links to files that are not there");
}

static void a_pointer_of_git_lfs_is_named(void)
{
    hl_transformer c;
    hl_state_dict *s;
    make_folder("lfs");
    put_pointer("lfs/config.json");
    CHECK_FAILS(hl_hf_config(in_folder("lfs"), &c), HL_EFORMAT,
                "config.json: is Git LFS's pointer to the file, not the file; run git lfs pull");
    put_pointer("lfs/model.safetensors.index.json");
    CHECK_FAILS(hl_state_dict_open(&s, in_folder("lfs")), HL_EFORMAT, "index.json: is Git LFS's pointer");
    hl_state_dict_close(s);
    put_pointer("lfs/model.safetensors");
    CHECK_FAILS(hl_state_dict_open(&s, in_folder("lfs")), HL_EFORMAT, "model.safetensors: is Git LFS's pointer");
    hl_state_dict_close(s);
}

static const test tests[] = {
    {"a folder without a model says what it is", a_folder_without_a_model_says_what_it_is},
    {"the model may lie below", the_model_may_lie_below},
    {"a pointer of Git LFS is named", a_pointer_of_git_lfs_is_named},
};
HL_TESTS("hf-folder", tests)

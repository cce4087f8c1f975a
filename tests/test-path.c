/* test-path.c - paths are put together, or it is said that they are too long. */
#include "base/path.h"
#include "tests/check.h"
#include <stdio.h>
#include <string.h>

static char long_folder[PATH_MAX + 10];

static const char *folder_of(size_t letters)
{
    memset(long_folder, 'd', letters);
    long_folder[letters] = 0;
    return long_folder;
}

static void a_path_is_folder_and_name(void)
{
    char a[PATH_MAX], b[PATH_MAX], c[PATH_MAX];
    hl_path(a, "%s/%s", "run", "latest");
    CHECK_OK(hl_path_make(b, "%s/%s", "run", "latest"));
    CHECK(hl_path_fits(c, "%s/%s", "run", "latest"));
    CHECK(strcmp(a, "run/latest") == 0 && strcmp(b, a) == 0 && strcmp(c, a) == 0);
}

static void the_longest_path_is_one_letter_short_of_its_array(void)
{
    char path[PATH_MAX];
    CHECK(hl_path_fits(path, "%s/x", folder_of(PATH_MAX - 3)) && strlen(path) == PATH_MAX - 1);
    CHECK_OK(hl_path_make(path, "%s/x", folder_of(PATH_MAX - 3)));
    CHECK(!hl_path_fits(path, "%s/x", folder_of(PATH_MAX - 2)));
    CHECK_FAILS(hl_path_make(path, "%s/x", folder_of(PATH_MAX - 2)), HL_EUSAGE, "dddd...: the path is longer than");
}

static void a_path_that_is_checked_has_room_for_our_names(void)
{
    char path[PATH_MAX];
    size_t letters = 1;
    while (letters < PATH_MAX && hl_path_check(folder_of(letters)) == HL_OK) letters++;
    CHECK_FAILS(hl_path_check(folder_of(letters)), HL_EUSAGE, "use a shorter one");
    CHECK(letters > PATH_MAX / 2
          && hl_path_fits(path, "%s/step-%lld.tmp/manifest.json", folder_of(letters - 1), LLONG_MAX));
}

static void what_is_there_is_found(void)
{
    char path[PATH_MAX];
    hl_path(path, "%s/file", check_folder());
    FILE *f = fopen(path, "w");
    CHECK(f && fclose(f) == 0);
    CHECK(hl_path_is_there(check_folder(), "file") && hl_path_is_there(check_folder(), "."));
    CHECK(!hl_path_is_there(check_folder(), "other") && !hl_path_is_there(path, "file"));
    CHECK(!hl_path_is_there(folder_of(PATH_MAX - 2), "file"));
}

static const test tests[] = {
    {"a path is a folder and a name", a_path_is_folder_and_name},
    {"the longest path is one letter short of its array", the_longest_path_is_one_letter_short_of_its_array},
    {"a path that is checked has room for our names", a_path_that_is_checked_has_room_for_our_names},
    {"what is there is found", what_is_there_is_found},
};
HL_TESTS("path", tests)

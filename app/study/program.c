/* program.c - where the program itself is. */
#include "app/study/program.h"
#include <string.h>
#include <unistd.h>

void hl_program_path(char out[PATH_MAX])
{
    const ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
    if (n > 0) out[n] = 0;
    else strcpy(out, "hllm");
}

/* split.c - which interactions of a user are for training, for validation and for test. */
#include "model/split.h"

hl_split_parts hl_split_cut(int n)
{
    return (hl_split_parts){n > 2 ? n - 2 : 0, n > 1 ? n - 1 : 0, n};
}

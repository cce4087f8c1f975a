/* hf-together.c - a model folder that several ranks read, each its share. */
#include "io/weights/hf-together.h"
#include "io/files/hf-folder.h"
#include "io/files/samefile.h"
#include "io/weights/same-weights.h"

/* Of the ranks that see the folder those of one machine have a relay. */
static hl_status open_together(hl_state_dict **s, const hl_group *here, const char *folder)
{
    hl_relay relay;
    hl_group node;
    hl_group_split_node(&node, here);
    hl_relay_open(&relay, &node);
    const hl_status status = hl_state_dict_open_by(s, &relay, folder);
    hl_relay_close(&relay);
    hl_group_close(&node);
    return status;
}

hl_status hl_hf_open_together(hl_state_dict **out, const hl_group *g, const char *where)
{
    hl_group here;
    *out = NULL;
    HL_TRY(hl_samefile_group(&here, g, where));
    const hl_status status = hl_group_agree(g, open_together(out, &here, where));
    hl_group_close(&here);
    return status == HL_OK ? hl_sameweights_check(g, *out) : status;
}

hl_status hl_hf_read_together(const hl_group *g, const char *folder, const hl_params *table, const hl_params *whole,
                              const char *side, float *w)
{
    hl_state_dict *s = NULL;
    HL_TRY_ALL(g, hl_hf_folder_check(folder, true));
    hl_status status = hl_hf_open_together(&s, g, folder);
    if (status == HL_OK) status = hl_group_agree(g, hl_hf_read_from(s, folder, table, whole, side, w));
    hl_state_dict_close(s);
    return status;
}

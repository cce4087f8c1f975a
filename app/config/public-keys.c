/* public-keys.c - keys of the public HLLM code that are no options here.
 *
 * Most of them say how its program shows or divides its work, and mean nothing here; so do those that it fills in
 * itself. Where another value would be another computation, only the one that we compute is taken. */
#include "app/config/public-keys.h"
#include <string.h>
#include <strings.h>

/* `values`: what is taken, lower case, between bars; NULL: anything. */
static const struct {
    const char *key, *values, *otherwise;
} keys[] = {
    {"state", NULL, NULL},
    {"reproducibility", NULL, NULL},
    {"show_progress", NULL, NULL},
    {"log_wandb", NULL, NULL},
    {"wandb_project", NULL, NULL},
    {"log_path", NULL, NULL},
    {"use_ft_flash_attn", NULL, NULL},
    {"metric_decimal_place", NULL, NULL},
    {"loss_decimal_place", NULL, NULL},
    {"strategy", NULL, NULL},
    {"stage", NULL, NULL},
    {"update_interval", NULL, NULL},
    {"gpu_id", NULL, NULL},
    {"use_gpu", NULL, NULL},
    {"auto_resume", NULL, NULL},
    {"config_file", NULL, NULL},
    {"test_dataset", NULL, NULL},
    {"use_time", NULL, NULL},
    {"use_text", "|true|yes|on|1|", "HLLM reads texts; leave it out"},
    {"enable_relative_attention_bias", NULL, NULL},
    {"debug", "|false|no|off|0|", "epochs are not cut to ten batches; set max_steps instead"},
    {"need_training", "|true|yes|on|1|", "set val_only: true to train nothing"},
    {"eval_type", "|ranking|evaluatortype.ranking|full|1|", "only ranks among all items are computed; leave it out"},
    {"valid_metric_bigger", "|true|yes|on|1|", "of all metrics here the larger value is the better; leave it out"},
    {"repeatable", "|false|no|off|0|", "history_mask: none ranks the items of a user's history too; leave it out"},
    {"item_data", "||", "the items are those of the interactions; leave it out"},
    {"optimizer_kwargs", "||", "the optimizer is AdamW, by optim_args; leave it out"},
    {"lr_mult_prefix", "||", "all tensors have one learning rate; leave it out"},
    {"lr_mult_rate", "||", "all tensors have one learning rate; leave it out"},
    {"decay_check_name", "||", "weight decay is on every tensor; leave it out"},
    {"load_in_4bit", "|false|no|off|0|", "weights are fp32; leave it out"},
};
enum { KEYS = sizeof keys / sizeof keys[0] };

static int find(const char *key)
{
    size_t n = strcspn(key, ".");
    for (int i = 0; i < KEYS; i++)
        if (strlen(keys[i].key) == n && strncmp(keys[i].key, key, n) == 0) return i;
    return -1;
}

static bool is_among(const char *values, const char *value)
{
    size_t n = strlen(value);
    for (const char *at = values; at[1]; at = strchr(at + 1, '|'))
        if (strncasecmp(at + 1, value, n) == 0 && at[1 + n] == '|') return true;
    return false;
}

bool hl_public_key(const char *key) { return find(key) >= 0; }

hl_status hl_public_key_check(const char *key, const hl_names *value, const char *where)
{
    int i = find(key);
    const char *text = value->n ? value->at[0] : "";
    if (!keys[i].values || !*text || is_among(keys[i].values, text)) return HL_OK;
    return HL_FAIL(HL_EUSAGE,
                   "%s%s: \"%.60s\" is of the public code, where it would change the numbers, and not supported: %s",
                   where, key, text, keys[i].otherwise);
}

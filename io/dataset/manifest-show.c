/* manifest-show.c - a manifest for people. */
#include "base/printable.h"
#include "io/dataset/manifest.h"
#include <inttypes.h>

static void print_text(const hl_recipe *r, FILE *out)
{
    fputs("text: '", out), hl_print_text(out, r->item_prompt), fputs("'", out);
    for (int i = 0; i < r->n_text_keys; i++) fputs(" + ", out), hl_print_text(out, r->text_keys[i]);
    fprintf(out, "\n");
}

void hl_manifest_print(const hl_manifest *m, FILE *out)
{
    const hl_recipe *r = &m->recipe;
    fputs("dataset ", out), hl_print_text(out, m->dataset);
    fprintf(out, ", schema %d, digest %016" PRIx64 "\n", HL_DATASET_SCHEMA, hl_manifest_digest(m));
    if (r->n_text_keys == 0) fprintf(out, "without texts\n");
    else
        fprintf(out, "tokenizer %s, vocabulary %d, digest %016" PRIx64 "; at most %d tokens a text\n", r->tokenizer,
                r->vocab, r->tokenizer_digest, r->max_text_length);
    if (r->n_text_keys > 0) print_text(r, out);
    if (hl_manifest_has_labels(m)) {
        fputs("labels: ", out), hl_print_text(out, r->label_field);
        fputs(" ", out), hl_print_text(out, r->label_positive), fputs("\n", out);
    }
    for (int t = 0; t < HL_TABLES; t++)
        fprintf(out, "%s: %" PRId64 " rows, shards: %" PRId64 "\n", hl_table_kinds[t].name, m->rows[t],
                hl_manifest_shards(m, (hl_table)t));
    hl_split_print(&m->split, &m->split_report, out);
    hl_report_print(&m->report, &m->examples, out);
}

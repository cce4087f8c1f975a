/* plan-search.c - the best layouts, the lines of a batch job for the one taken, and a table over ranks. */
#include "app/cli/plan-show.h"
#include <jansson.h>
#include <stdio.h>

void hl_plan_show_layouts(const hl_plan_view *v)
{
    if (v->layouts == 0) return;
    printf("the best of %d layouts that were tried\n%10s %10s %8s  %s\n", v->tried, "seconds", "GB a rank", "again",
           "layout");
    for (int i = 0; i < v->layouts; i++) {
        const hl_search_layout *x = &v->layout[i];
        printf("%10.4g %10.4g %6.0f %%  %s%s\n%32s%s\n", x->step, x->memory / 1e9, 100 * x->recomputed, x->layout,
               i == 0 ? "  <- taken" : "", "", x->keys);
    }
    putchar('\n');
}

void hl_plan_show_batch(const hl_plan_view *v)
{
    if (v->layouts == 0) return;
    printf("\n#SBATCH --nodes=%d\n#SBATCH --ntasks-per-node=%d\n", v->outlook->nodes, v->ranks_per_node);
    if (v->threads) printf("#SBATCH --cpus-per-task=%d\n", v->threads);
    if (v->node_memory > 0) printf("#SBATCH --mem=%.0fG\n", v->node_memory / 1e9);
    printf("srun --mpi=pmix -K hllm train %s %s\n", v->config, v->layout[0].keys);
}

void hl_plan_show_table(const hl_plan_row *row, int n)
{
    printf("%7s %10s %10s %10s %10s %10s  %s\n", "ranks", "seconds", "samples/s", "efficiency", "GB a rank",
           "node-hours", "layout");
    for (int i = 0; i < n; i++) {
        const hl_plan_row *x = &row[i];
        printf("%7d %10.4g %10.4g %8.1f %% %10.4g ", x->ranks, x->step, x->samples, 100 * x->efficiency,
               x->memory / 1e9);
        if (x->hours > 0) printf("%10.4g", x->hours);
        else printf("%10s", "-");
        printf("  %s\n", x->layout);
    }
}

void hl_plan_show_table_json(const hl_plan_row *row, int n)
{
    json_t *rows = json_array(), *o = json_pack("{s:i, s:o}", "schema", 1, "table", rows);
    for (int i = 0; i < n; i++)
        json_array_append_new(rows, json_pack("{s:i, s:f, s:f, s:f, s:f, s:f, s:s}", "ranks", row[i].ranks, "step",
                                              row[i].step, "samples_per_second", row[i].samples, "efficiency",
                                              row[i].efficiency, "memory_bytes", row[i].memory, "node_hours",
                                              row[i].hours, "layout", row[i].layout));
    json_dumpf(o, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(7));
    putchar('\n');
    json_decref(o);
}

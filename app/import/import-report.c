/* import-report.c - what an import has read, left out and written. */
#include "app/import/import-report.h"

void hl_import_report_add(hl_import_report *r, const hl_group *g)
{
    hl_group_all_reduce_int(g, (int64_t *)r, sizeof *r / sizeof(int64_t));
}

#define PRINT(name, help) \
    if (r->name) fprintf(out, "%12lld  %s\n", (long long)r->name, help);
void hl_import_report_print(const hl_import_report *r, FILE *out) { HL_IMPORT_COUNTS(PRINT) }

#define PRINT_JSON(name, help) fprintf(out, "%s\"%s\": %lld", between, #name, (long long)r->name), between = ", ";
void hl_import_report_json(const hl_import_report *r, FILE *out)
{
    const char *between = "{";
    HL_IMPORT_COUNTS(PRINT_JSON)
    fputs("}\n", out);
}

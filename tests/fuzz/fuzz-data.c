/* fuzz-data.c - readers of tables, of text for people and of the configuration. */
#include "app/config/config.h"
#include "app/config/quote.h"
#include "app/config/yaml.h"
#include "app/plan/calibration.h"
#include "app/train/state.h"
#include "app/train/table.h"
#include "base/arena.h"
#include "base/printable.h"
#include "io/dataset/columns.h"
#include "io/dataset/csv.h"
#include "io/dataset/timestamp.h"
#include "io/files/excerpt.h"
#include "tests/fuzz/fuzz.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- tables */

hl_status fuzz_csv(const char *text, size_t n)
{
    hl_csv *c;
    const hl_csv_field *row = NULL;
    hl_status s = hl_csv_open(&c, fuzz_file("x.csv", text, n), 200);
    if (s == HL_OK) s = hl_csv_next(c, &row);
    for (; s == HL_OK && row; s = hl_csv_next(c, &row))
        for (int i = 0; i < hl_csv_columns(c); i++) HL_CHECK(row[i].n <= 200 && !memchr(row[i].at, 0, row[i].n));
    if (s == HL_OK) HL_CHECK(hl_csv_finish(c) == HL_OK && hl_csv_at(c) == (int64_t)n);
    hl_csv_close(c);
    return s;
}

hl_status fuzz_columns(const char *text, size_t n)
{
    hl_csv *c;
    int column[HL_COLUMNS], item;
    hl_status s = hl_csv_open(&c, fuzz_file("x.csv", text, n), 0);
    if (s == HL_OK && hl_columns_find_item(&item, c) == HL_OK) HL_CHECK(item >= 0 && item < hl_csv_columns(c));
    if (s == HL_OK) s = hl_columns_find(column, c);
    if (s == HL_OK) {
        hl_columns_tell(column, -1, c);
        for (int i = 0; i < HL_COLUMNS; i++) HL_CHECK(column[i] >= 0 && column[i] < hl_csv_columns(c));
    }
    hl_csv_close(c);
    return s;
}

hl_status fuzz_timestamp(const char *text, size_t n)
{
    char again[32];
    int64_t time, second;
    if (hl_timestamp_read(&time, text, n)) return HL_OK; /* a word says why; whoever asked makes the sentence */
    int length = snprintf(again, sizeof again, "%lld", (long long)time);
    HL_CHECK(!hl_timestamp_read(&second, again, (size_t)length) && second == time);
    return HL_OK;
}

/* ---- text for people */

hl_status fuzz_printable(const char *text, size_t n)
{
    char shown[HL_EXCERPT], *copy = hl_alloc_text(text);
    hl_excerpt(shown, text, n);
    hl_printable(copy);
    HL_CHECK(strlen(copy) == strlen(text));
    for (const char *c = copy; *c; c++) HL_CHECK((unsigned char)*c >= ' ' && *c != 0x7F);
    hl_printable(shown);
    free(copy);
    return HL_OK;
}

/* ---- the configuration */

/* What was written into a run folder must read back as the same. */
static void write_again(const hl_config *c)
{
    char *text = NULL;
    size_t n = 0;
    hl_config again;
    FILE *out = open_memstream(&text, &n);
    hl_config_write_yaml(c, out);
    fclose(out);
    hl_config_defaults(&again);
    HL_CHECK(hl_config_parse(&again, text, n, "used.yaml") == HL_OK && hl_config_check(&again) == HL_OK);
    char *was = hl_config_text(c), *is = hl_config_text(&again);
    HL_CHECK(strcmp(was, is) == 0);
    free(was);
    free(is);
    hl_config_free(&again);
    free(text);
}

hl_status fuzz_config(const char *text, size_t n)
{
    hl_config c;
    hl_config_defaults(&c);
    hl_status s = hl_config_parse(&c, text, n, "fuzz.yaml");
    if (s == HL_OK) s = hl_config_check(&c);
    if (s == HL_OK) write_again(&c);
    hl_config_free(&c);
    return s;
}

static hl_status take_quoted(void *self, const hl_yaml_entry *e)
{
    HL_CHECK(e->value.n == 1);
    HL_CHECK(strcmp(e->value.at[0], self) == 0);
    return HL_OK;
}

hl_status fuzz_quote(const char *text, size_t n)
{
    char *yaml = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&yaml, &length);
    (void)n;
    fputs("key: ", out), hl_quote(text, out), fputs("  # ", out), hl_quote_line(text, out), fputs("\n", out);
    fclose(out);
    HL_CHECK(hl_yaml_read(yaml, length, "quoted", take_quoted, (void *)(uintptr_t)text) == HL_OK);
    free(yaml);
    return HL_OK;
}

hl_status fuzz_calibration(const char *text, size_t n)
{
    hl_machine m = {0};
    hl_status s = hl_calibration_read(&m, fuzz_file("x.json", text, n), 64);
    if (s == HL_OK) HL_CHECK(m.flops > 0 && m.memory > 0 && isfinite(m.flops));
    return s;
}

hl_status fuzz_reference(const char *text, size_t n) { return hl_table_check_reference(fuzz_file("x.json", text, n)); }

hl_status fuzz_state(const char *text, size_t n)
{
    hl_state s;
    (void)n;
    hl_status status = hl_state_read(&s, text, "manifest.json");
    if (status == HL_OK) HL_CHECK(s.step >= 0 && s.epoch_steps >= 0);
    return status;
}

/* tok-vocab.c - the pieces of a model, with the ids that its file gives them. */
#include "io/tokenizer/tok-vocab.h"
#include "base/alloc.h"
#include "base/array.h"
#include "base/digest.h"
#include "io/tokenizer/byte-letters.h"
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* So much room that texts are never moved: pieces borrow them. */
static void make_room(hl_tok_vocab *v, size_t bytes) { HL_RESERVE(v->texts.at, v->texts.room, bytes + 16); }

static void add(hl_tok_vocab *v, size_t from, int32_t id)
{
    const char *text = v->texts.at + from;
    size_t n = v->texts.n - from;
    int32_t number = hl_vocab_add(&v->pieces, text, n);
    if (number < 0) number = hl_vocab_find(&v->pieces, text, n);
    HL_RESERVE(v->id, v->id_room, v->pieces.n);
    v->id[number] = id;
    if (id >= v->end) v->end = id + 1;
    if ((int)n > v->longest) v->longest = (int)n;
}

static hl_status check_id(const char *text, const json_t *id, const char *path)
{
    if (json_is_integer(id) && json_integer_value(id) >= 0 && json_integer_value(id) < HL_TOK_VOCAB_MOST) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: the id of the piece %.60s is not a number from 0 to %d; get the file again", path,
                   text, HL_TOK_VOCAB_MOST - 1);
}

hl_status hl_tok_vocab_read(hl_tok_vocab *v, const json_t *ids, bool are_letters, const char *path)
{
    const char *text;
    json_t *id;
    size_t bytes = 0;
    if (!json_is_object(ids) || json_object_size(ids) == 0)
        return HL_FAIL(HL_EFORMAT, "%s: its model has no vocabulary; get the file again", path);
    json_object_foreach((json_t *)(uintptr_t)ids, text, id) bytes += strlen(text);
    make_room(v, bytes);
    json_object_foreach((json_t *)(uintptr_t)ids, text, id)
    {
        size_t from = v->texts.n;
        HL_TRY(check_id(text, id, path));
        int32_t number = (int32_t)json_integer_value(id);
        if (number >= v->end) v->end = number + 1;
        if (!are_letters) hl_tok_buffer_add(&v->texts, text, strlen(text));
        else if (!hl_byte_letters_read(&v->texts, text, strlen(text))) {
            v->texts.n = from;
            continue;
        }
        if (v->texts.n > from) add(v, from, number);
    }
    return HL_OK;
}

static hl_status check_scored(const json_t *one, size_t i, const char *path)
{
    const json_t *score = json_array_get(one, 1);
    if (json_is_string(json_array_get(one, 0)) && json_is_number(score) && isfinite(json_number_value(score)))
        return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: piece %zu of its model is not a text with a score; get the file again", path, i);
}

hl_status hl_tok_vocab_read_scored(hl_tok_vocab *v, double **score, const json_t *list, const char *path)
{
    size_t i, bytes = 0, n = json_array_size(list);
    json_t *one;
    if (n == 0 || n > HL_TOK_VOCAB_MOST)
        return HL_FAIL(HL_EFORMAT, "%s: its model has %zu pieces; 1 to %d are possible", path, n, HL_TOK_VOCAB_MOST);
    json_array_foreach(list, i, one)
    {
        HL_TRY(check_scored(one, i, path));
        bytes += json_string_length(json_array_get(one, 0));
    }
    make_room(v, bytes);
    *score = hl_alloc(n * sizeof **score);
    json_array_foreach(list, i, one)
    {
        const json_t *text = json_array_get(one, 0);
        size_t from = v->texts.n;
        (*score)[i] = json_number_value(json_array_get(one, 1));
        hl_tok_buffer_add(&v->texts, json_string_value(text), json_string_length(text));
        if (v->texts.n > from) add(v, from, (int32_t)i);
    }
    v->end = (int32_t)n;
    return HL_OK;
}

int32_t hl_tok_vocab_find(const hl_tok_vocab *v, const char *text, size_t n)
{
    int32_t number = hl_vocab_find(&v->pieces, text, n);
    return number < 0 ? -1 : v->id[number];
}

uint64_t hl_tok_vocab_digest(const hl_tok_vocab *v)
{
    uint64_t sum = 0;
    for (int i = 0; i < v->pieces.n; i++)
        sum += hl_digest_join(hl_digest(v->pieces.piece[i].text, (size_t)v->pieces.piece[i].n), (uint64_t)v->id[i]);
    return hl_digest_join(sum, (uint64_t)v->end);
}

void hl_tok_vocab_free(hl_tok_vocab *v)
{
    hl_vocab_free(&v->pieces);
    free(v->id);
    hl_tok_buffer_free(&v->texts);
    *v = (hl_tok_vocab){0};
}

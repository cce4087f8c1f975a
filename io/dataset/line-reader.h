/* line-reader.h - the lines of a text file, one at a time, unpacked where it is packed (io/files/unpacked.h).
 *
 * A file can be read in parts: a line belongs to the part in which its first byte lies.  Parts of a packed file are of
 * its packed bytes: who reads one unpacks the file from the front, and looks at no line before it. */
#ifndef IO_DATASET_LINE_READER_H
#define IO_DATASET_LINE_READER_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HL_LINE_LONGEST = 1 << 26 }; /* bytes of a line; a longer one is refused */

typedef struct hl_line_reader hl_line_reader;

/* All lines of the file; a UTF-8 byte order mark is skipped.  HL_EFORMAT where there is no such file, or one that has
 * no lines (io/dataset/filekind.h).  Close *out also after a failure. */
hl_status hl_line_reader_open(hl_line_reader **out, const char *path);
void hl_line_reader_close(hl_line_reader *l);

/* Is it worth reading in parts? */
bool hl_line_reader_can_part(const hl_line_reader *l);

/* From now on the lines of part r of p that begin at byte `from`, where a line begins, or behind it: it is where the
 * reader stands. */
hl_status hl_line_reader_part(hl_line_reader *l, int64_t from, int p, int r);

/* The next line: n bytes without the line end (LF or CRLF), and a 0 behind them.  It is the caller's until the next
 * call, and may be written.  *at is NULL after the last. */
hl_status hl_line_reader_next(hl_line_reader *l, char **at, size_t *n);

/* The byte of the unpacked file behind the last line. */
int64_t hl_line_reader_at(const hl_line_reader *l);

/* Which line of the file the last one was, from 1 on.  In a part the lines before it are counted first: for sentences
 * alone. */
int64_t hl_line_reader_number(const hl_line_reader *l);

/* Did the last line have no line end?  Then the file may have been cut off. */
bool hl_line_reader_ends_open(const hl_line_reader *l);

double hl_line_reader_share(const hl_line_reader *l); /* of the part that was read, 0 to 1 */

#endif

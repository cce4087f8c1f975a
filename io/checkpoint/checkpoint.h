/* checkpoint.h - the state of a run as a folder step-N, written whole or not at all, read at any layout.
 *
 *     <run>/step-N/model.h5        weights          } one dataset a logical tensor with its global shape:
 *     <run>/step-N/optimizer.h5    AdamW moments    } nothing says which ranks wrote it
 *     <run>/step-N/manifest.json   what the files hold, digests of their bytes, the trainer's state
 *     <run>/latest, <run>/best     a line with the name of a folder
 *
 * All ranks write the folder step-N.tmp, close, flush and digest its files.  The manifest is written last.  Then the
 * folder is renamed to step-N, and `latest` names it.  A kill at any moment leaves the former checkpoint whole.
 * When a checkpoint is opened, the digests of its files are compared before HDF5 reads them.
 *
 * HL_ESTORE: the checkpoint is damaged (cut off, changed, a file gone); another one may do.  HL_EFORMAT: it does not
 * fit (another model, another version); no other one of the run would. */
#ifndef IO_CHECKPOINT_CHECKPOINT_H
#define IO_CHECKPOINT_CHECKPOINT_H
#include "io/checkpoint/checkpoint-content.h"
#include "mpi/comm/group.h"
#include <limits.h>
#include <stdio.h>

/* Write <folder>/step-<step>, replacing one of that name, and let `latest` name it; so does `best` where best ==
 * step.  Then remove all checkpoints but the `keep` newest (0: remove none), never the latest or the step `best`
 * (-1: there is none yet).  `state` is a JSON object.  Collective over world, to which all holders belong. */
hl_status hl_checkpoint_write(const hl_group *world, const char *folder, int64_t step,
                              const hl_checkpoint_content *content, const char *state, int keep, int64_t best);

/* Replace the state of the whole checkpoint of that step; its tensors stay.  `keep` and `best` are as in
 * hl_checkpoint_write.  Collective. */
hl_status hl_checkpoint_restate(const hl_group *world, const char *folder, int64_t step, const char *state, int keep,
                                int64_t best);

/* Has the disk of a run folder room for a checkpoint of so many bytes?  The folder need not exist yet.  HL_ESTORE
 * where it has not.  Local. */
hl_status hl_checkpoint_space(const char *folder, double bytes);

typedef struct hl_checkpoint hl_checkpoint;

/* Open a folder step-N and verify the digests of its files.  optimizer.h5 is verified only with `moments`;
 * HL_EFORMAT where it is wanted and not there.  Collective over world.  Close *out also after a failure. */
hl_status hl_checkpoint_open(hl_checkpoint **out, const hl_group *world, const char *path, bool moments);

/* Open the newest good checkpoint of a run: the one that `latest` names, else the ones before it, else the ones
 * after it; each damaged one is a warning.  *out = NULL and HL_OK where there is none at all, HL_ESTORE where all
 * are damaged. */
hl_status hl_checkpoint_open_newest(hl_checkpoint **out, const hl_group *world, const char *folder, bool moments);
void hl_checkpoint_close(hl_checkpoint *c);

/* Path of the folder that `name` ("latest" or "best") names in a run; HL_EFORMAT where there is none.  Collective. */
hl_status hl_checkpoint_find(char path[PATH_MAX], const hl_group *world, const char *folder, const char *name);

/* The trainer's state in the manifest of a folder step-N, without looking at its other files; release with free.
 * Local. */
hl_status hl_checkpoint_peek(char **state, const char *path);

const char *hl_checkpoint_path(const hl_checkpoint *c);
int64_t hl_checkpoint_step(const hl_checkpoint *c);
/* The trainer's state, a JSON object; lives as long as c. */
const char *hl_checkpoint_state(const hl_checkpoint *c);

/* A logical tensor of the manifest, by its name; NULL where it has none of it.  Lives as long as c. */
const hl_tensor *hl_checkpoint_tensor(const hl_checkpoint *c, const char *name);

/* Has it the tensors of the content, all of them and no others?  HL_EFORMAT with a list where not.  Local. */
hl_status hl_checkpoint_fits(const hl_checkpoint *c, const hl_checkpoint_content *content);

/* Fill the arrays of the holders, at any layout.  HL_EFORMAT with a list where tensors are missing, unknown or of
 * another shape; nothing is read then.  Where content has moments, c was opened with them.  Collective over world. */
hl_status hl_checkpoint_read(const hl_checkpoint *c, const hl_group *world, const hl_checkpoint_content *content);

/* Verify all files of a checkpoint and print what it holds, for people or as one JSON object.  Rank 0 prints.
 * Collective. */
hl_status hl_checkpoint_show(const hl_group *world, const char *path, FILE *out, bool json);

#endif

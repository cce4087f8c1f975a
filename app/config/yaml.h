/* yaml.h - the part of YAML that a configuration needs: maps in maps, scalars, lists of scalars.
 *
 * Maps become dotted keys: "optim_args: {learning_rate: 1}" is the entry "optim_args.learning_rate".  Everything
 * else (anchors, tags but !!binary, lists in lists, several documents) is refused. */
#ifndef APP_CONFIG_YAML_H
#define APP_CONFIG_YAML_H
#include "base/error.h"
#include "app/config/names.h"
#include <stdbool.h>

typedef struct {
    const char *key; /* dotted */
    hl_names value;  /* one text, or those of a list */
    bool is_list;
    bool is_null; /* nothing, ~ or null, without quotes */
    int line;     /* of the value, from 1 */
} hl_yaml_entry;

typedef hl_status (*hl_yaml_take)(void *self, const hl_yaml_entry *entry);

/* Call take for every entry of text (n bytes), in file order.  `name` begins the sentences of failures, as in
 * "name:12: ...".  Ends at the first failure, also one of take.  HL_EUSAGE where the text is not such YAML. */
hl_status hl_yaml_read(const char *text, size_t n, const char *name, hl_yaml_take take, void *self);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "cfg/edit.h"

int patches_add(struct patches *patches, size_t offset, size_t drop, const char *insert)
{
    char *copy;

    if (ARRAY_GROW(patches->v, patches->n))
        return -ENOMEM;
    copy = strdup(insert);
    if (!copy)
        return -ENOMEM;
    patches->v[patches->n++] = (struct patch){ offset, drop, copy };
    return 0;
}

static int by_offset(const void *a, const void *b)
{
    const struct patch *x = a, *y = b;

    return (x->offset > y->offset) - (x->offset < y->offset);
}

int patches_apply(struct patches *patches, const char *text, size_t len, char **ret,
                  size_t *ret_len)
{
    size_t size = len + 1, at = 0;
    char *to, *result;

    for (size_t i = 0; i < patches->n; i++)
        size += strlen(patches->v[i].insert);
    result = to = malloc(size);
    if (!result)
        return -ENOMEM;
    if (patches->n)
        qsort(patches->v, patches->n, sizeof(*patches->v), by_offset);
    for (size_t i = 0; i < patches->n; i++) {
        const struct patch *p = &patches->v[i];

        memcpy(to, text + at, p->offset - at);
        to = stpcpy(to + (p->offset - at), p->insert);
        at = p->offset + p->drop;
    }
    memcpy(to, text + at, len - at);
    to += len - at;
    *to = '\0';
    *ret = result;
    *ret_len = (size_t)(to - result);
    return 0;
}

void patches_clear(struct patches *patches)
{
    for (size_t i = 0; i < patches->n; i++)
        free(patches->v[i].insert);
    free(patches->v);
    *patches = (struct patches){ NULL, 0 };
}

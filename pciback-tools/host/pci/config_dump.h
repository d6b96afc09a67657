/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration space from a text as `lspci -xxxx` prints it: a line that begins with a
 * BDF, then lines of an offset and up to 16 bytes.  libpci reads such files too (lspci -F),
 * but stores where an offset of the file says, also before its buffer.
 */
#ifndef XVTD_CONFIG_DUMP_H
#define XVTD_CONFIG_DUMP_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bdf.h"

struct dumped {
    struct bdf bdf;
    uint8_t *bytes;
    size_t len;         /* up to 4096 */
    char title[160];    /* the text behind the BDF, or its beginning */
};

struct config_dump {
    struct dumped *list;    /* ascending, each function once */
    size_t n;
    unsigned bad_line;      /* the first line that is not as it should be, 0 for none */
};

/*
 * Reads to the end of f.  The bytes of a function end before a line that is malformed or
 * does not go on where the one before ended.  Returns 0 or -ENOMEM; config_dump_clear() in
 * any case.
 */
int config_dump_read(struct config_dump *dump, FILE *f);
void config_dump_clear(struct config_dump *dump);

/* NULL for none. */
const struct dumped *config_dump_find(const struct config_dump *dump, struct bdf bdf);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sections of a PE image (Microsoft, "PE Format"): the firmware starts such files, and a
 * unified image has kernel, initramfs and command line in sections.
 */
#ifndef XVTD_PE_H
#define XVTD_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/root.h"

#define PE_SECTIONS_MAX 32

struct pe {
    int fd;
    bool is_signed;             /* it has a certificate */
    size_t n;
    struct pe_section {
        char name[9];
        uint32_t at, size;      /* in the file */
    } sections[PE_SECTIONS_MAX];
};

/* False for a file that is no such image.  pe_close() in any case. */
bool pe_open(struct pe *ret, const struct root *root, const char *path);
void pe_close(struct pe *pe);

bool pe_has(const struct pe *pe, const char *name);

/*
 * The first bytes of a section, at most max, with a zero after them; NULL without it.  The caller
 * frees them.
 */
char *pe_read(const struct pe *pe, const char *name, size_t max, size_t *len);

#endif

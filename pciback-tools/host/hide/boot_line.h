/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of boot files, joined as a shell, GRUB or modprobe joins them, and the value of a
 * kernel parameter on one.
 */
#ifndef XVTD_BOOT_LINE_H
#define XVTD_BOOT_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* Joined lines of the file for which text's positions are mapped to line numbers. */
#define BOOT_JOINTS_MAX 32

struct boot_line {
    const char *next;       /* the text after the line; first set by the caller */
    unsigned number;        /* of its first line in the file; 0 before the first */
    char *text;             /* continued lines joined; owned */
    size_t joints[BOOT_JOINTS_MAX], n_joints;   /* where in text lines of the file ended */
    char command[64];       /* its first word, or the variable that it sets */
    size_t command_at;      /* its offset in text */
    size_t after;           /* the offset after it and after the `=` */
    bool assignment;
    bool shell;             /* an assignment that a shell reads */
    bool grub;              /* a command of a boot loader */
    bool comment;
};

/* The next line: 1, 0 at the end, or -ENOMEM. */
int boot_line_next(struct boot_line *line);
void boot_line_clear(struct boot_line *line);

/* The number in the file of the line that holds this offset of text. */
unsigned boot_line_number(const struct boot_line *line, size_t at);

/*
 * The parameter's value from `at` on, with quotes and escapes resolved as the line's reader (a
 * shell, GRUB, the kernel) does.  *end: the offset of its end in text.  *shell_stops: an unquoted
 * parenthesis, which a shell interprets.  NULL when out of memory.
 */
char *boot_line_value(const struct boot_line *line, size_t at, size_t *end, bool *shell_stops);

/* True when the line begins a menu entry; buf gets its title. */
bool boot_line_title(const struct boot_line *line, char *buf, size_t size);

#endif

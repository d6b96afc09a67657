/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of boot files, as a shell, GRUB or modprobe put them together, and the value of
 * a kernel parameter on one.
 */
#ifndef XVTD_BOOT_LINE_H
#define XVTD_BOOT_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* A line that another one continues has the joints that its numbers are counted from. */
#define BOOT_JOINTS_MAX 32

struct boot_line {
    const char *next;       /* the text behind the line: set by the caller at the beginning */
    unsigned number;        /* of its first line in the file; 0 at the beginning */
    char *text;             /* continued lines joined; owned */
    size_t joints[BOOT_JOINTS_MAX], n_joints;   /* where in text a line of the file ended */
    char command[64];       /* its first word, or the variable that it sets */
    size_t command_at;      /* where that is in text */
    size_t after;           /* behind it, and behind the `=` */
    bool assignment;
    bool shell;             /* an assignment that a shell reads */
    bool grub;              /* a command of a boot loader */
    bool comment;
};

/* The next line: 1, 0 at the end, or -ENOMEM. */
int boot_line_next(struct boot_line *line);
void boot_line_clear(struct boot_line *line);

/* The number in the file of the line that holds this place of text. */
unsigned boot_line_number(const struct boot_line *line, size_t at);

/*
 * The parameter's value from `at` on, quotes and escapes resolved as whoever reads the line
 * does.  *end: where it ends in text.  *shell_stops: a parenthesis that a shell takes for
 * its own.  NULL when out of memory.
 */
char *boot_line_value(const struct boot_line *line, size_t at, size_t *end, bool *shell_stops);

/* True when the line begins a menu entry; its title goes to buf. */
bool boot_line_title(const struct boot_line *line, char *buf, size_t size);

#endif

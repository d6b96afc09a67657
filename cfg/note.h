/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a reader noticed in a text: where, what, how bad, and what would stand
 * there instead when the writer can have meant only one thing.
 */
#ifndef XVTD_CFG_NOTE_H
#define XVTD_CFG_NOTE_H

#include <stddef.h>

#include "base/cleanup.h"

enum severity {
    SEVERITY_ERROR,     /* xl refuses, stops reading or drops something */
    SEVERITY_WARNING,   /* xl reads on, but not what one would think */
};

struct note {
    const char *kind;   /* static; the JSON's "kind" */
    enum severity severity;
    size_t offset;      /* bytes from the start of the text that was read */
    size_t length;      /* bytes; 0 when there is only a place */
    char *message;      /* one clause, no full stop; owned */
    char *fix;          /* what would stand instead, or NULL; owned */
    size_t fix_offset;  /* of the bytes that it would replace: those of the note, or */
    size_t fix_length;  /* more than them */
};

struct notes {
    struct note *v;
    size_t n;
};

/* Adds a note without a fix.  Returns 0 or -ENOMEM. */
int notes_add(struct notes *notes, const char *kind, enum severity severity, size_t offset,
              size_t length, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/*
 * Gives the last note its fix, a copy of `length` bytes at `text`.  Does nothing when
 * there is no note.  Returns 0 or -ENOMEM.
 */
int notes_fix(struct notes *notes, const char *text, size_t length);

/* As notes_fix(), for other bytes than the note's own; text ends with a NUL. */
int notes_fix_at(struct notes *notes, const char *text, size_t offset, size_t length);

/* Sorts by place; notes at one place keep their order. */
void notes_sort(struct notes *notes);

void notes_clear(struct notes *notes);

#define AUTO_NOTES CLEANUP(notes_clear)

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mistake in a text: place, cause, severity, and a replacement when the writer can have meant
 * only one thing.
 */
#ifndef XVTD_CFG_NOTE_H
#define XVTD_CFG_NOTE_H

#include <stddef.h>

#include "base/cleanup.h"

enum severity {
    SEVERITY_ERROR,     /* xl refuses, stops reading or drops something */
    SEVERITY_WARNING,   /* xl accepts it, but reads something unexpected */
};

struct note {
    const char *kind;   /* static; the JSON's "kind" */
    enum severity severity;
    size_t offset;      /* bytes from the start of the text that was read */
    size_t length;      /* bytes; 0 for a place alone */
    char *message;      /* one clause, no full stop; owned */
    char *fix;          /* the replacement, or NULL; owned */
    size_t fix_offset;  /* the bytes that the replacement replaces: those of the note, */
    size_t fix_length;  /* or more */
};

struct notes {
    struct note *v;
    size_t n;
};

/* Adds a note without a fix.  Returns 0 or -ENOMEM. */
int notes_add(struct notes *notes, const char *kind, enum severity severity, size_t offset,
              size_t length, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/*
 * Sets the last note's fix to a copy of `length` bytes at `text`.  Does nothing when
 * there is no note.  Returns 0 or -ENOMEM.
 */
int notes_fix(struct notes *notes, const char *text, size_t length);

/* As notes_fix(), but replaces other bytes than the note's own; text ends with a NUL. */
int notes_fix_at(struct notes *notes, const char *text, size_t offset, size_t length);

/* Sorts by place; notes at one place keep their order. */
void notes_sort(struct notes *notes);

void notes_clear(struct notes *notes);

#define AUTO_NOTES CLEANUP(notes_clear)

#endif

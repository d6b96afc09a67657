/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/plan_note.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

int plan_note_add(struct plan_notes *notes, const char *kind, struct bdf bdf, struct err *e,
                  const char *fmt, ...)
{
    struct plan_note *note;
    va_list ap;

    if (ARRAY_GROW(notes->list, notes->n))
        return err_nomem(e);
    note = &notes->list[notes->n++];
    note->kind = kind;
    note->bdf = bdf;
    va_start(ap, fmt);
    vsnprintf(note->message, sizeof(note->message), fmt, ap);
    va_end(ap);
    return 0;
}

/* It is a warning if it can take something away, else a note. */
struct note_text plan_note_text(const struct plan_note *note)
{
    struct note_text text;

    snprintf(text.s, sizeof(text.s), "%s: %s: %s", strcmp(note->kind, "irq") ? "warning" : "note",
             BDF_STR(note->bdf), note->message);
    return text;
}

void plan_notes_tell(const struct xvtd *x, struct plan_notes *notes)
{
    for (size_t i = 0; i < notes->n; i++)
        xvtd_note(x, notes->list[i].kind, BDF_STR(notes->list[i].bdf), "%s",
                  plan_note_text(&notes->list[i]).s);
    free(notes->list);
    *notes = (struct plan_notes){ .n = 0 };
}

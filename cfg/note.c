/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cfg/note.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int notes_add(struct notes *notes, const char *kind, enum severity severity, size_t offset,
              size_t length, const char *fmt, ...)
{
    char *message;
    va_list ap;
    int n;

    if (ARRAY_GROW(notes->v, notes->n))
        return -ENOMEM;
    va_start(ap, fmt);
    n = vasprintf(&message, fmt, ap);
    va_end(ap);
    if (n < 0)
        return -ENOMEM;
    notes->v[notes->n++] = (struct note){
        .kind = kind,
        .severity = severity,
        .offset = offset,
        .length = length,
        .message = message,
        .fix_offset = offset,
        .fix_length = length,
    };
    return 0;
}

int notes_fix(struct notes *notes, const char *text, size_t length)
{
    struct note *last;

    if (!notes->n)
        return 0;
    last = &notes->v[notes->n - 1];
    free(last->fix);
    last->fix = strndup(text, length);
    return last->fix ? 0 : -ENOMEM;
}

int notes_fix_at(struct notes *notes, const char *text, size_t offset, size_t length)
{
    int r = notes_fix(notes, text, strlen(text));

    if (!r && notes->n) {
        notes->v[notes->n - 1].fix_offset = offset;
        notes->v[notes->n - 1].fix_length = length;
    }
    return r;
}

/* Merges two sorted runs.  qsort(3) need not be stable; a merge sort is. */
static void merge(struct note *to, const struct note *a, size_t n, const struct note *b,
                  size_t m)
{
    while (n || m) {
        if (!m || (n && a->offset <= b->offset)) {
            *to++ = *a++;
            n--;
        } else {
            *to++ = *b++;
            m--;
        }
    }
}

void notes_sort(struct notes *notes)
{
    AUTO_FREE struct note *other = malloc(notes->n * sizeof(*other) + 1);

    if (!other) /* without memory the notes stay unsorted, but complete */
        return;
    for (size_t width = 1; width < notes->n; width *= 2) {
        for (size_t i = 0; i < notes->n; i += 2 * width) {
            size_t left = notes->n - i < width ? notes->n - i : width;
            size_t right = notes->n - i - left < width ? notes->n - i - left : width;

            merge(other + i, notes->v + i, left, notes->v + i + left, right);
        }
        memcpy(notes->v, other, notes->n * sizeof(*other));
    }
}

void notes_clear(struct notes *notes)
{
    for (size_t i = 0; i < notes->n; i++) {
        free(notes->v[i].message);
        free(notes->v[i].fix);
    }
    free(notes->v);
    *notes = (struct notes){ NULL, 0 };
}

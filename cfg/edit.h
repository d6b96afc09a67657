/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Edits of a cfg's pci list: pure functions from a document to a new text.  Only the bytes of the
 * edit differ.  Removing a device that edit_add() added restores the old text to the byte.
 *
 * They require doc->editable, and fail with XV_USAGE otherwise; the message has the place of the
 * first mistake.  All return a text of *ret_len bytes and a NUL, owned by the caller, and fail with
 * XV_USAGE or XV_FAILED (out of memory).
 */
#ifndef XVTD_CFG_EDIT_H
#define XVTD_CFG_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "cfg/doc.h"

/*
 * Adds an item with `value` (without quotes) to the end of the list that counts, in the layout of
 * its neighbours.  Without a pci statement, adds one at the end of the file, one item a line.
 */
int edit_add(const struct doc *doc, const char *value, char **ret, size_t *ret_len,
             struct err *e);

/*
 * Removes the n-th counted item.  Comments stay.  An empty list stays, unless it has exactly the
 * form that edit_add() gives a new list.
 */
int edit_remove(const struct doc *doc, size_t n, char **ret, size_t *ret_len,
                struct err *e);

/* Replaces the value of the n-th counted item; its quotes stay. */
int edit_replace(const struct doc *doc, size_t n, const char *value, char **ret,
                 size_t *ret_len, struct err *e);

/* Adds the line `text` at the end of the file. */
int edit_append_line(const struct doc *doc, const char *text, char **ret, size_t *ret_len,
                     struct err *e);

/*
 * Our comments, each on its own line above the item:
 * `# xvtd: 0000:02:00.0 is 8086:10d3:8086:a01f serial 00-1b-21-ff-ff-8a-2c-4d`.
 */
struct our_comment {
    size_t token;               /* the TOK_NEWLINE that holds it */
    char device[32];            /* "0000:02:00.0" */
    char identity[96];          /* the text after "is" */
};

/* Finds our next comment at or after token `from`; false when there is none. */
bool edit_find_comment(const struct doc *doc, size_t from, struct our_comment *ret);

/* Puts a comment for `device` above the n-th counted item. */
int edit_add_comment(const struct doc *doc, size_t n, const char *device, const char *identity,
                     char **ret, size_t *ret_len, struct err *e);

/* Removes one of our comments with its line. */
int edit_remove_comment(const struct doc *doc, const struct our_comment *comment, char **ret,
                        size_t *ret_len, struct err *e);

/* A change of a text: `drop` bytes at offset are replaced by insert. */
struct patch {
    size_t offset;
    size_t drop;
    char *insert;   /* owned by the patch list */
};

struct patches {
    struct patch *v;
    size_t n;
};

/* insert is copied.  0 or -ENOMEM. */
int patches_add(struct patches *patches, size_t offset, size_t drop, const char *insert);

/* Applies patches that do not overlap, in any order.  0 or -ENOMEM. */
int patches_apply(struct patches *patches, const char *text, size_t len, char **ret,
                  size_t *ret_len);

void patches_clear(struct patches *patches);

#define AUTO_PATCHES CLEANUP(patches_clear)

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages of two hosts about a migrating guest: orders one way, answers the other, each one
 * line of JSON.  Each side checks all that it reads.  Pure.
 *
 * The two hosts can have different releases.  Each message says in "speaks" the newest version
 * that its sender knows; a release before 0.2.0 says nothing, and knows version 1.  Both sides then
 * use the lower one.  The first order is of version 1, which all releases read.
 */
#ifndef XVTD_WIRE_H
#define XVTD_WIRE_H

#include "change/manifest.h"
#include "decide/guest_step.h"

#define WIRE_ORDER_MAX (4u << 20)   /* bytes of a line, which has a manifest in a string */
#define WIRE_ANSWER_MAX (1u << 20)

enum order_kind {
    ORDER_CHECK,    /* could these devices be attached to this guest? Changes nothing */
    ORDER_KEEP,     /* keep the manifest: the guest comes next */
    ORDER_RESTORE,  /* the guest has arrived: attach them */
    ORDER_DROP,     /* the guest does not come: remove the manifest */
};

/* Version 2 carries manifests of version 2. */
#define WIRE_FIRST 1
#define WIRE_NEWEST 2

struct order {
    enum order_kind kind;
    unsigned version;           /* to write, 0 for the first; what both sides know, as read */
    struct manifest manifest;
    char **maps;                /* OLD=NEW, as for --map; the caller frees each, and the array */
    size_t n_maps;
};

/* Writes it as text; the caller frees *ret.  Does not change maps.  Errors: XV_FAILED. */
int order_write(const struct order *order, struct json **ret, const char **text, size_t *len,
                struct err *e);

/*
 * text: len bytes with a NUL behind them.  The caller calls order_clear() in any case.  Errors:
 * XV_REFUSED; the message is only the cause.
 */
int order_read(const char *text, size_t len, struct order *ret, struct err *e);
void order_clear(struct order *order);

struct answer {
    unsigned version;           /* what both sides know */
    bool failed;
    struct err error;           /* valid if failed; its texts are printable */
    struct plan plan;           /* the result of each device: steps ATTACH, status and message */
};

/*
 * Starts the document of an answer in the order's version.  The caller adds "results" as in every
 * report (report.h), and json_error() after a failure.  NULL when memory is short.
 */
struct json *answer_begin(unsigned version);

/* As order_read(); the caller calls answer_clear() in any case. */
int answer_read(const char *text, size_t len, struct answer *ret, struct err *e);
void answer_clear(struct answer *answer);

#endif

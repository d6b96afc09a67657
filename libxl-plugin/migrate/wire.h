/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What two hosts say to each other about a guest that migrates: orders one way, answers the
 * other, each one line of JSON.  Neither side believes what it reads.  Pure.
 */
#ifndef XVTD_WIRE_H
#define XVTD_WIRE_H

#include "change/manifest.h"
#include "decide/guest_step.h"

#define WIRE_ORDER_MAX (4u << 20)   /* bytes of a line: a manifest in a string */
#define WIRE_ANSWER_MAX (1u << 20)

enum order_kind {
    ORDER_CHECK,    /* could these devices be attached to a guest that comes?  Only a look */
    ORDER_KEEP,     /* keep the manifest: the guest is about to come */
    ORDER_RESTORE,  /* it has come: attach them */
    ORDER_DROP,     /* it does not come: forget the manifest */
};

struct order {
    enum order_kind kind;
    struct manifest manifest;
    char **maps;                /* OLD=NEW, as given to --map; each to be freed, and the array */
    size_t n_maps;
};

/* As text, which belongs to *ret.  maps are not changed.  Errors: XV_FAILED. */
int order_write(const struct order *order, struct json **ret, const char **text, size_t *len,
                struct err *e);

/*
 * text: len bytes with a NUL behind them.  order_clear() in any case.  Errors: XV_REFUSED, the
 * message being the cause alone.
 */
int order_read(const char *text, size_t len, struct order *ret, struct err *e);
void order_clear(struct order *order);

struct answer {
    bool failed;
    struct err error;           /* with failed; its texts fit to be shown */
    struct plan plan;           /* what became of each device: steps ATTACH, status and message */
};

/*
 * Starts the document of an answer; to be followed by "results" as in every report (report.h),
 * and json_error() where there is one.  NULL when out of memory.
 */
struct json *answer_begin(void);

/* As order_read(); answer_clear() in any case. */
int answer_read(const char *text, size_t len, struct answer *ret, struct err *e);
void answer_clear(struct answer *answer);

#endif

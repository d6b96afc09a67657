/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where on this host a device of a manifest is. */
#ifndef XVTD_PLACE_H
#define XVTD_PLACE_H

#include "change/manifest.h"
#include "decide/decide.h"
#include "session/xvtd.h"

/* --map OLD=NEW, as often as it was given. */
struct maps {
    struct map {
        struct bdf old;
        char name[64];      /* OLD, where it is a name; else "" */
        struct bdf new;
    } *list;
    size_t n;
};

/* Errors: XV_USAGE, XV_NOT_FOUND. */
int maps_add(struct maps *maps, struct xvtd *x, const char *text, struct err *e);
void maps_clear(struct maps *maps);

/* True for a device that this very machine has recorded. */
bool place_is_here(const struct root *root, const struct remembered *dev);

/*
 * Sets dev->bdf to where the device is here: where a map says, else where the one of its name
 * is, else at its old address, else where its identity is, when only one has it.  On the
 * machine that recorded it, the whole identity has to be the same; elsewhere it is another
 * piece of hardware, which has to be of the same model.  Errors: XV_NOT_FOUND, XV_REFUSED,
 * the message being the reason; XV_CANNOT.
 */
int place_device(struct xvtd *x, const struct maps *maps, struct remembered *dev, struct err *e);

/* No two of a manifest's devices are one here: those after the first fail. */
int place_apart(const struct manifest *m, struct restore_request *requests, struct err *e);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds a manifest's devices on this host. */
#ifndef XVTD_PLACE_H
#define XVTD_PLACE_H

#include "change/manifest.h"
#include "decide/decide.h"
#include "session/xvtd.h"

/* --map OLD=NEW; the option can be repeated. */
struct maps {
    struct map {
        struct bdf old;
        char name[64];      /* OLD if it is a name, else "" */
        struct bdf new;
    } *list;
    size_t n;
};

/* Errors: XV_USAGE, XV_NOT_FOUND. */
int maps_add(struct maps *maps, struct xvtd *x, const char *text, struct err *e);
void maps_clear(struct maps *maps);

/* Was the device recorded on this machine? */
bool place_is_here(const struct root *root, const struct remembered *dev);

/*
 * Sets dev->bdf to the device's address here.  Order: a map, its name, its old address, its
 * identity if only one device has it.  On the machine that recorded it the whole identity must
 * match; elsewhere only the model.  Errors: XV_NOT_FOUND, XV_REFUSED (the message is the reason);
 * XV_CANNOT.
 */
int place_device(struct xvtd *x, const struct maps *maps, struct remembered *dev, struct err *e);

/* Fails each device that has the same address here as an earlier one. */
int place_apart(const struct manifest *m, struct restore_request *requests, struct err *e);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts that the documents of several commands share, as in docs/schema/common.json.  Their keys
 * appear in this file's functions only.
 */
#ifndef XVTD_BASE_DOCUMENT_H
#define XVTD_BASE_DOCUMENT_H

#include "base/json.h"

/* One step of a plan, as an object in the open array. */
void document_step(struct json *json, const char *step, const char *object, const char *undo,
                   const char *text);

/* "vslot" and "vfunc" in the guest; vslot 0 prints as null. */
void document_place(struct json *json, unsigned vslot, unsigned vfunc);

/*
 * The outcome for a function (bdf: an address, or the operand), in the open object;
 * status: "done", "already", "undone", "pending" or "failed".
 */
void document_result(struct json *json, const char *bdf, const char *status, unsigned vslot,
                     unsigned vfunc, const char *message);

/* "domain": {"id", "name"}; name may be NULL. */
void document_domain(struct json *json, unsigned domid, const char *name);

#endif

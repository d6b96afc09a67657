/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libxvtd: PCI passthrough on a Xen dom0, for toolstacks.  It does what xvtd(8) does, with the
 * same checks, locks and records.
 *
 * UNSTABLE until version 1.0: until then the number in the soname changes when the interface
 * does.
 *
 * LICENCE: GPL-2.0-or-later, as libpci, whose functions it calls.  A program that is linked with
 * it has to be distributed under terms that the GPL allows.
 *
 * PROCESSES.  In the caller's process the library only reads: it installs no signal handler, does
 * not fork, makes no mount namespace, prints nothing and does not call exit(); nothing stays open
 * between two calls.  (libxl itself ends a process with exit code 255 when it is out of memory,
 * and libxenstore ignores SIGPIPE while it writes.)  A change needs such things, so the program
 * xvtd(8) makes it, started with posix_spawn(3).  That process outlives the caller if needed, and
 * completes what it has begun.  Its end is a SIGCHLD, like that of every child; a caller that
 * waits for all of its children may reap it.
 *
 * THREADS.  Use a context, and all objects from it, in one thread at a time.  Different threads
 * may have contexts of their own.
 *
 * ERRORS.  Functions that return int return 0 or an enum xvtd_code.  The context keeps the
 * details until its next call: xvtd_error_message() and its neighbours.  A result that is
 * returned by a pointer is NULL after a failure, unless a function says otherwise.
 *
 * TEXT is UTF-8, ends with a NUL, and belongs to the object that returned it.  Devices are BDFs
 * ("0000:02:00.0", "2:0.0") or names of xvtd(8).  A domain is a name, a number, a UUID, or
 * "name:", "id:", "uuid:" and one of these.
 */
#ifndef XVTD_H
#define XVTD_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define XVTD_API __attribute__((visibility("default")))

/* Results: xvtd(8)'s exit codes. */
enum xvtd_code {
    XVTD_OK = 0,
    XVTD_FAILED = 1,        /* failed, and all moved devices are back */
    XVTD_USAGE = 2,         /* a malformed value; nothing was changed */
    XVTD_REFUSED = 3,       /* refused by a safety check; nothing was changed */
    XVTD_NOT_FOUND = 4,     /* no such device, domain or file */
    XVTD_INCOMPLETE = 5,    /* something is left: the message says what, xvtd_recover() ends it */
    XVTD_CANNOT = 6         /* cannot work here: no Xen, no permission, no IOMMU, ... */
};

/* The library's version, "0.1.0"; static. */
XVTD_API const char *xvtd_version(void);

/* ---- Contexts and errors ---- */

struct xvtd_ctx;

/*
 * The whole process is xvtd's: do here what otherwise runs in a process of its own.  The process
 * then forks, enters a mount namespace, and is interrupted by the signals that the program
 * catches.  For xvtd(8) itself.
 */
#define XVTD_OWN_PROCESS 1u

/*
 * A new context.  flags: 0.  It opens nothing yet, so it also succeeds without Xen.  NULL: out of
 * memory.
 */
XVTD_API struct xvtd_ctx *xvtd_new(unsigned flags);

/* Frees a context.  Free its documents, plans and events before.  Accepts NULL. */
XVTD_API void xvtd_free(struct xvtd_ctx *ctx);

/*
 * Sets the program that makes this context's changes; the text is copied.  NULL: the installed
 * one, the default.  Errors: XVTD_FAILED.
 */
XVTD_API int xvtd_set_program(struct xvtd_ctx *ctx, const char *path);

/*
 * Sets the receiver of notes for people: a device that changes owner without a reset, leftovers
 * of earlier commands.  kind: one word for programs ("no-reset"); object: a BDF, a guest's name
 * or a file, or "".  They are valid until it returns.  NULL: no receiver, the default.
 */
typedef void xvtd_note_fn(const char *kind, const char *object, const char *text, void *user);
XVTD_API void xvtd_set_notes(struct xvtd_ctx *ctx, xvtd_note_fn *note, void *user);

/*
 * The last call's error.  code: an enum xvtd_code.  kind: one word for programs ("in-use",
 * "pending"; xvtd-json(7)).  object: a BDF or a guest's name, or "".  message: one sentence.
 * hint: the remedy, or "".  They are valid until the context's next call.
 */
XVTD_API int xvtd_error_code(const struct xvtd_ctx *ctx);
XVTD_API const char *xvtd_error_kind(const struct xvtd_ctx *ctx);
XVTD_API const char *xvtd_error_object(const struct xvtd_ctx *ctx);
XVTD_API const char *xvtd_error_message(const struct xvtd_ctx *ctx);
XVTD_API const char *xvtd_error_hint(const struct xvtd_ctx *ctx);

/* ---- Documents: what the commands print with --json, by accessors ---- */

/*
 * An answer.  Its keys, types and units are the command's: xvtd-json(7).  It is a copy of the
 * state at that moment.  The caller frees it.
 */
struct xvtd_doc;

/* An object or an array in a document, valid as long as the document; NULL is an empty one. */
struct xvtd_value;

/* Frees a document.  Accepts NULL. */
XVTD_API void xvtd_doc_free(struct xvtd_doc *doc);

/* The whole document as JSON text, with a newline at its end. */
XVTD_API const char *xvtd_doc_text(const struct xvtd_doc *doc);

/* Its outermost object; NULL for NULL. */
XVTD_API const struct xvtd_value *xvtd_doc_top(const struct xvtd_doc *doc);

/* The object or array with this key in an object, or NULL. */
XVTD_API const struct xvtd_value *xvtd_get(const struct xvtd_value *object, const char *key);

/* The number of elements of an array; 0 if it is not an array. */
XVTD_API size_t xvtd_count(const struct xvtd_value *array);

/* Element i of an array from 0 on: an object or an array, or NULL. */
XVTD_API const struct xvtd_value *xvtd_at(const struct xvtd_value *array, size_t i);

/* Element i of an array of strings, or NULL. */
XVTD_API const char *xvtd_str_at(const struct xvtd_value *array, size_t i);

/* A string of an object; NULL if it is null, missing, or not a string. */
XVTD_API const char *xvtd_str(const struct xvtd_value *object, const char *key);

/* A number of an object; `otherwise` if it is null, missing, or not a number. */
XVTD_API long long xvtd_int(const struct xvtd_value *object, const char *key,
                            long long otherwise);

/* 1 if the member is true, else 0. */
XVTD_API int xvtd_bool(const struct xvtd_value *object, const char *key);

/* ---- What is: read in the caller's process, without a lock ---- */

/*
 * The host's devices: `xvtd --json list --all`, "devices": [{"bdf", "class", "name", "driver",
 * "group", "state", "domain", "vslot", ...}].  Errors: XVTD_CANNOT.
 */
XVTD_API int xvtd_devices(struct xvtd_ctx *ctx, struct xvtd_doc **ret);

/*
 * Everything about one device: `xvtd --json show DEVICE`, "device": {...}.  device: also an
 * interface or a block device ("eth1").  Errors: XVTD_USAGE, XVTD_NOT_FOUND, XVTD_CANNOT.
 */
XVTD_API int xvtd_device(struct xvtd_ctx *ctx, const char *device, struct xvtd_doc **ret);

/*
 * Devices that the IOMMU cannot keep apart: `xvtd --json groups [DEVICE]`, "groups": [{"id",
 * "devices", "edges"}].  device: only its group; NULL for all.  Errors: as xvtd_device().
 */
XVTD_API int xvtd_groups(struct xvtd_ctx *ctx, const char *device, struct xvtd_doc **ret);

/*
 * Can passthrough work? `xvtd --json check`, "ok", "checks": [{"name", "status", "object",
 * "message", "remedy"}].  A negative verdict ("ok": false) is no error.  domain: NULL for none.
 * devices: NULL-terminated, or NULL.  Errors: XVTD_USAGE, XVTD_NOT_FOUND, XVTD_CANNOT.
 */
XVTD_API int xvtd_check(struct xvtd_ctx *ctx, const char *domain, const char *const *devices,
                        struct xvtd_doc **ret);

/*
 * The running guests, by number: "guests": [{"id", "name", "uuid", "type": "hvm"|"pv"|"pvh",
 * "paused", "devices": [{"bdf", "vslot", "vfunc"}]}].  Errors: XVTD_CANNOT.
 */
XVTD_API int xvtd_guests(struct xvtd_ctx *ctx, struct xvtd_doc **ret);

/*
 * A guest's devices: `xvtd --json pci-list DOMAIN`, "domain": {"id", "name"}, "devices": [{"bdf",
 * "vslot", "vfunc", "permissive", ...}].  Errors: XVTD_USAGE, XVTD_NOT_FOUND, XVTD_CANNOT.
 */
XVTD_API int xvtd_guest(struct xvtd_ctx *ctx, const char *domain, struct xvtd_doc **ret);

/* ---- Plans: what changes something ---- */

/* One change: from its operands to its results. */
struct xvtd_plan;

/*
 * A new plan, which has looked at nothing yet.  All words are copied.
 *
 * command: "assign", "detach", "switch", "eject", "restore", "recover", "assignable add" or
 * "assignable remove".  operands: the command's, as in xvtd(8), NULL-terminated.  options: its
 * long options without the dashes ("with-group", "allow=in-use", "timeout=10"), NULL-terminated,
 * or NULL; of the global options only lock-timeout=S.  Times are in seconds.
 *
 * Errors: XVTD_USAGE for an unknown command or option; XVTD_FAILED.
 */
XVTD_API int xvtd_plan_new(struct xvtd_ctx *ctx, const char *command,
                           const char *const *operands, const char *const *options,
                           struct xvtd_plan **ret);

/* Frees a plan, and ends its process if it has one.  Accepts NULL. */
XVTD_API void xvtd_plan_free(struct xvtd_plan *plan);

/*
 * Makes every check and lists the steps, without a lock and without a change: `xvtd --json
 * --dry-run COMMAND`, "plan": [{"step", "object", "undo", "text"}].  From then on the plan may
 * make only these steps.  Errors: all.
 */
XVTD_API int xvtd_plan_read(struct xvtd_plan *plan, struct xvtd_doc **ret);

/* Called when a step begins; text describes it for people, and is valid until it returns. */
typedef void xvtd_step_fn(const char *text, void *user);

/*
 * Called ten times a second during a change; return nonzero to stop.  xvtd then finishes or
 * undoes the current step, and puts everything back if the command does so after a failure; the
 * result is XVTD_FAILED or XVTD_INCOMPLETE.  Not called with XVTD_OWN_PROCESS.
 */
typedef int xvtd_cancel_fn(void *user);

/*
 * Makes the change: takes the locks of its devices and guests, makes every check again, and runs
 * as the command does; at the end it releases the locks.  After xvtd_plan_read() it makes no step
 * that was not listed: XVTD_REFUSED, kind "changed".  A plan can be applied once; make another
 * plan to do it again.
 *
 * step, cancel: may be NULL; user is passed to them.  *ret, unless ret is NULL: `xvtd --json
 * COMMAND`, "results": [{"bdf", "status", "vslot", "vfunc", "message"}]; with an error too if
 * something was begun, else NULL.
 *
 * Errors: all.  XVTD_CANNOT with kind "helper": the program xvtd could not be started, or has
 * another version.  XVTD_INCOMPLETE with kind "helper": the program died; xvtd_recover() ends
 * what it had begun.
 */
XVTD_API int xvtd_plan_apply(struct xvtd_plan *plan, xvtd_step_fn *step, xvtd_cancel_fn *cancel,
                             void *user, struct xvtd_doc **ret);

/*
 * Puts back what xvtd_plan_apply() of this plan has moved, in reverse order.  It inspects the
 * current state: a device that another program has moved since stays there.  Takes the locks
 * again.  Not for eject, restore and recover (XVTD_USAGE): restore undoes eject.  step, cancel,
 * user, *ret: as for xvtd_plan_apply().  Errors: XVTD_INCOMPLETE if something could not be put
 * back; all.
 */
XVTD_API int xvtd_plan_roll_back(struct xvtd_plan *plan, xvtd_step_fn *step,
                                 xvtd_cancel_fn *cancel, void *user, struct xvtd_doc **ret);

/*
 * Finishes or undoes interrupted changes, of one guest, or of all (NULL): `xvtd --json recover
 * [DOMAIN]`.  *ret, unless ret is NULL: its results.  Errors: XVTD_INCOMPLETE, XVTD_CANNOT.
 */
XVTD_API int xvtd_recover(struct xvtd_ctx *ctx, const char *domain, struct xvtd_doc **ret);

/* ---- Events ---- */

struct xvtd_events;

/*
 * Starts to report events of devices and guests, until xvtd_events_free().  When it returns, no
 * later event is missed.  A process of its own, `xvtd --json watch`, listens.  Errors:
 * XVTD_CANNOT.
 */
XVTD_API int xvtd_events_new(struct xvtd_ctx *ctx, struct xvtd_events **ret);
XVTD_API void xvtd_events_free(struct xvtd_events *events);

/*
 * A descriptor to poll(2) for POLLIN, and for nothing else; the library keeps it.  Call
 * xvtd_events_next() until it has none before you poll: several events can come at once.
 */
XVTD_API int xvtd_events_fd(const struct xvtd_events *events);

/*
 * The next event: {"event": "attached"|"detached"|"guest-gone"|"driver"|"gone"|"plugged"|"error"|
 * "recovered"|"not-recovered"|"aerfail", "time", "bdf", "domain", ...}.  Does not wait: returns 0 and *ret NULL if there is none.  Errors:
 * XVTD_CANNOT if the events have ended.
 */
XVTD_API int xvtd_events_next(struct xvtd_events *events, struct xvtd_doc **ret);

#ifdef __cplusplus
}
#endif

#endif

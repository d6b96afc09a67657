/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libxvtd: PCI passthrough on a Xen dom0, for toolstacks.  What xvtd(8) does, with the same
 * checks, the same locks and the same records.
 *
 * UNSTABLE until version 1.0: until then the number in the soname changes when the interface
 * does.
 *
 * LICENCE: GPL-2.0-or-later, as libpci, with which it is linked.  A program that is linked
 * with it has to be distributed under terms that the GPL allows.
 *
 * PROCESSES.  In the caller's process the library reads, and no more: it installs no signal
 * handler, does not fork, makes no mount namespace, prints nothing and does not call exit();
 * nothing stays open between two calls.  (libxl itself ends a process with exit code 255 when
 * it is out of memory, and libxenstore ignores SIGPIPE while it writes.)  What changes
 * something needs such things, and is done by the program xvtd(8), which is started with
 * posix_spawn(3).  Such a process outlives the caller: what it has begun it brings to an end.
 * Its end is a SIGCHLD, like that of every child; a caller that waits for all of its children
 * may do so.
 *
 * THREADS.  A context, and all that comes from it, is used by one thread at a time.  Different
 * threads may have contexts of their own.
 *
 * ERRORS.  Functions that return int return 0 or an enum xvtd_code, and leave what there is to
 * say in the context: xvtd_error_message() and its neighbours, until its next call.  What a
 * function gives back by a pointer is NULL when it failed, unless it says otherwise.
 *
 * TEXT is UTF-8, ends with a NUL, and belongs to the object that it was asked for.  Devices
 * are BDFs ("0000:02:00.0", "2:0.0") or names of xvtd(8); a domain is a name, a number, a
 * UUID, or "name:", "id:", "uuid:" and one of these.
 */
#ifndef XVTD_H
#define XVTD_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define XVTD_API __attribute__((visibility("default")))

/* What went wrong: xvtd(8)'s exit codes. */
enum xvtd_code {
    XVTD_OK = 0,
    XVTD_FAILED = 1,        /* failed, and what was moved has been put back */
    XVTD_USAGE = 2,         /* a malformed value; nothing was touched */
    XVTD_REFUSED = 3,       /* refused by a safety check; nothing was touched */
    XVTD_NOT_FOUND = 4,     /* no such device, domain or file */
    XVTD_INCOMPLETE = 5,    /* something is left: the message says what, xvtd_recover() ends it */
    XVTD_CANNOT = 6         /* the environment cannot: no Xen, no permission, no IOMMU, ... */
};

/* The library's version, "0.1.0"; static. */
XVTD_API const char *xvtd_version(void);

/* ---- Contexts and errors ---- */

struct xvtd_ctx;

/*
 * The whole process is xvtd's: what else needs a process of its own is done in this one, which
 * then forks, enters a mount namespace, and is interrupted by the signals that the program
 * catches. For xvtd(8) itself.
 */
#define XVTD_OWN_PROCESS 1u

/*
 * A new context.  flags: 0.  Nothing is opened yet, so that it also succeeds where there is no
 * Xen.  NULL: out of memory.
 */
XVTD_API struct xvtd_ctx *xvtd_new(unsigned flags);

/*
 * Frees a context; its documents, plans and events are freed before.  Accepts NULL.
 */
XVTD_API void xvtd_free(struct xvtd_ctx *ctx);

/*
 * The program that changes something for this context; it is copied.  NULL: the installed one,
 * as in the beginning.  Errors: XVTD_FAILED.
 */
XVTD_API int xvtd_set_program(struct xvtd_ctx *ctx, const char *path);

/*
 * Who gets notes for people: a device that changes hands without a reset, what is left of
 * earlier commands.  text is valid until it returns.  NULL: nobody, as in the beginning.
 */
typedef void xvtd_note_fn(const char *text, void *user);
XVTD_API void xvtd_set_notes(struct xvtd_ctx *ctx, xvtd_note_fn *note, void *user);

/*
 * The last call's error.  code: an enum xvtd_code.  kind: one word for programs ("in-use",
 * "pending"; xvtd-json(7)).  object: what it is about, a BDF or a guest's name, or "".
 * message: one sentence.  hint: the remedy, or "".  They are valid until the context's next
 * call.
 */
XVTD_API int xvtd_error_code(const struct xvtd_ctx *ctx);
XVTD_API const char *xvtd_error_kind(const struct xvtd_ctx *ctx);
XVTD_API const char *xvtd_error_object(const struct xvtd_ctx *ctx);
XVTD_API const char *xvtd_error_message(const struct xvtd_ctx *ctx);
XVTD_API const char *xvtd_error_hint(const struct xvtd_ctx *ctx);

/* ---- Documents: what the commands print with --json, by accessors ---- */

/*
 * An answer.  Its keys, types and units are the command's: xvtd-json(7).  It is a copy of what
 * was at that moment, and the caller's, who frees it.
 */
struct xvtd_doc;

/* An object or an array in a document, valid as long as it; NULL is one without members. */
struct xvtd_value;

/* Frees a document.  Accepts NULL. */
XVTD_API void xvtd_doc_free(struct xvtd_doc *doc);

/* The whole document as JSON text, with a newline at its end. */
XVTD_API const char *xvtd_doc_text(const struct xvtd_doc *doc);

/* Its outermost object; of NULL, NULL. */
XVTD_API const struct xvtd_value *xvtd_doc_top(const struct xvtd_doc *doc);

/* The object or array that is called so in an object, or NULL. */
XVTD_API const struct xvtd_value *xvtd_get(const struct xvtd_value *object, const char *key);

/* How many elements an array has; 0 of what is none. */
XVTD_API size_t xvtd_count(const struct xvtd_value *array);

/* Element i of an array from 0 on: an object or an array, or NULL. */
XVTD_API const struct xvtd_value *xvtd_at(const struct xvtd_value *array, size_t i);

/* Element i of an array of strings, or NULL. */
XVTD_API const char *xvtd_str_at(const struct xvtd_value *array, size_t i);

/* A string of an object; NULL where it is null, missing, or none. */
XVTD_API const char *xvtd_str(const struct xvtd_value *object, const char *key);

/* A number of an object; `otherwise` where it is null, missing, or none. */
XVTD_API long long xvtd_int(const struct xvtd_value *object, const char *key,
                            long long otherwise);

/* 1 for a member that is true, else 0. */
XVTD_API int xvtd_bool(const struct xvtd_value *object, const char *key);

/* ---- What is: read in the caller's process, without a lock ---- */

/*
 * The host's devices: `xvtd --json list --all`, "devices": [{"bdf", "class", "name", "driver",
 * "group", "state", "domain", "vslot", ...}].  Errors: XVTD_CANNOT.
 */
XVTD_API int xvtd_devices(struct xvtd_ctx *ctx, struct xvtd_doc **ret);

/*
 * All about one device: `xvtd --json show DEVICE`, "device": {...}.  device: also an interface
 * or a block device ("eth1").  Errors: XVTD_USAGE, XVTD_NOT_FOUND, XVTD_CANNOT.
 */
XVTD_API int xvtd_device(struct xvtd_ctx *ctx, const char *device, struct xvtd_doc **ret);

/*
 * What cannot be kept apart: `xvtd --json groups [DEVICE]`, "groups": [{"id", "devices",
 * "edges"}].  device: the group of this one, or NULL for all.  Errors: as xvtd_device().
 */
XVTD_API int xvtd_groups(struct xvtd_ctx *ctx, const char *device, struct xvtd_doc **ret);

/*
 * Whether it can work: `xvtd --json check`, "ok", "checks": [{"name", "status", "object",
 * "message", "remedy"}].  A negative verdict ("ok": false) is no error.  domain: NULL for
 * none.  devices: ends with NULL, or is NULL. Errors: XVTD_USAGE, XVTD_NOT_FOUND, XVTD_CANNOT.
 */
XVTD_API int xvtd_check(struct xvtd_ctx *ctx, const char *domain, const char *const *devices,
                        struct xvtd_doc **ret);

/*
 * The guests that run, by number: "guests": [{"id", "name", "uuid", "type": "hvm"|"pv"|"pvh",
 * "paused", "devices": [{"bdf", "vslot", "vfunc"}]}].  Errors: XVTD_CANNOT.
 */
XVTD_API int xvtd_guests(struct xvtd_ctx *ctx, struct xvtd_doc **ret);

/*
 * What a guest has: `xvtd --json pci-list DOMAIN`, "domain": {"id", "name"}, "devices":
 * [{"bdf", "vslot", "vfunc", "permissive", ...}].  Errors: XVTD_USAGE, XVTD_NOT_FOUND,
 * XVTD_CANNOT.
 */
XVTD_API int xvtd_guest(struct xvtd_ctx *ctx, const char *domain, struct xvtd_doc **ret);

/* ---- Plans: what changes something ---- */

/* One change: from its operands to what became of it. */
struct xvtd_plan;

/*
 * A new plan, of which nothing is looked at yet.  All words are copied.
 *
 * command: "assign", "detach", "switch", "eject", "restore", "recover", "assignable add" or
 * "assignable remove".  operands: the command's, as xvtd(8) has them, ending with NULL.
 * options: its long options without the dashes ("with-group", "allow=in-use", "timeout=10"),
 * ending with NULL, or NULL for none; and of the global ones lock-timeout=S.  Times are seconds.
 *
 * Errors: XVTD_USAGE for a command or an option that there is not; XVTD_FAILED.
 */
XVTD_API int xvtd_plan_new(struct xvtd_ctx *ctx, const char *command,
                           const char *const *operands, const char *const *options,
                           struct xvtd_plan **ret);

/* Frees a plan, and ends the process that it may have.  Accepts NULL. */
XVTD_API void xvtd_plan_free(struct xvtd_plan *plan);

/*
 * Makes every check and tells what would be done, without a lock and without a change: `xvtd
 * --json --dry-run COMMAND`, "plan": [{"step", "object", "undo", "text"}].  The plan then
 * stands for these steps. Errors: all.
 */
XVTD_API int xvtd_plan_read(struct xvtd_plan *plan, struct xvtd_doc **ret);

/*
 * A step begins; text says which, for people, and is valid until it returns.
 */
typedef void xvtd_step_fn(const char *text, void *user);

/*
 * Asked ten times a second while something is done: not 0 to stop.  The step in hand is then
 * finished or undone, and all is put back where the command does so after a failure;
 * XVTD_FAILED or XVTD_INCOMPLETE tell.  With XVTD_OWN_PROCESS it is not asked.
 */
typedef int xvtd_cancel_fn(void *user);

/*
 * Does it: takes the locks of its devices and guests, makes every check again, and carries it
 * out as the command does; the locks are given back at its end.  Where xvtd_plan_read() was
 * called before, a step that it has not told of is not made: XVTD_REFUSED, kind "changed".
 * Once only; another plan is needed to do it again.
 *
 * step, cancel: NULL for none; user is theirs.  *ret, unless ret is NULL: `xvtd --json
 * COMMAND`, "results": [{"bdf", "status", "vslot", "vfunc", "message"}]; also with an error
 * where something was begun, else NULL.
 *
 * Errors: all.  XVTD_CANNOT with kind "helper": the program xvtd could not be started, or is
 * of another version; and XVTD_INCOMPLETE of that kind when it died: xvtd_recover() ends what
 * it had begun.
 */
XVTD_API int xvtd_plan_apply(struct xvtd_plan *plan, xvtd_step_fn *step, xvtd_cancel_fn *cancel,
                             void *user, struct xvtd_doc **ret);

/*
 * Puts back what xvtd_plan_apply() of this plan has moved, in reverse order, by what it finds:
 * what somebody else has moved since stays there.  Takes the locks anew.  Not for eject,
 * restore and recover (XVTD_USAGE): eject is undone by restore.  step, cancel, user, *ret: as
 * there. Errors: XVTD_INCOMPLETE where something could not be put back; all.
 */
XVTD_API int xvtd_plan_roll_back(struct xvtd_plan *plan, xvtd_step_fn *step,
                                 xvtd_cancel_fn *cancel, void *user, struct xvtd_doc **ret);

/*
 * Ends what an interrupted change has left behind, of one guest, or of all (NULL): `xvtd
 * --json recover [DOMAIN]`.  *ret, unless ret is NULL: its results.  Errors: XVTD_INCOMPLETE,
 * XVTD_CANNOT.
 */
XVTD_API int xvtd_recover(struct xvtd_ctx *ctx, const char *domain, struct xvtd_doc **ret);

/* ---- Events ---- */

struct xvtd_events;

/*
 * From its return on what happens to devices and guests is told, until xvtd_events_free(); by
 * a process of its own, `xvtd --json watch`, which it waits for.  Errors: XVTD_CANNOT.
 */
XVTD_API int xvtd_events_new(struct xvtd_ctx *ctx, struct xvtd_events **ret);
XVTD_API void xvtd_events_free(struct xvtd_events *events);

/*
 * A descriptor to poll(2) for POLLIN, and for nothing else; it stays the library's.  Call
 * xvtd_events_next() until it has none before you poll: several events can come at once.
 */
XVTD_API int xvtd_events_fd(const struct xvtd_events *events);

/*
 * The next event: {"event": "attached"|"detached"|"guest-gone"|"driver"|"aerfail", "time",
 * "bdf", "domain", ...}.  Does not wait: 0 and *ret NULL when there is none.  Errors:
 * XVTD_CANNOT, the events have ended.
 */
XVTD_API int xvtd_events_next(struct xvtd_events *events, struct xvtd_doc **ret);

#ifdef __cplusplus
}
#endif

#endif

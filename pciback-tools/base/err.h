/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors with context.  A fallible function returns 0 or a negative errno and
 * fills the caller's struct err; only a program's main prints it.
 */
#ifndef XVTD_BASE_ERR_H
#define XVTD_BASE_ERR_H

/* Exit codes of all programs (xvtd(8), EXIT STATUS). */
enum exit_code {
    XV_OK = 0,
    XV_FAILED = 1,      /* failed, and what was moved has been put back */
    XV_USAGE = 2,       /* usage or malformed value; nothing was touched */
    XV_REFUSED = 3,     /* refused by a safety check; nothing was touched */
    XV_NOT_FOUND = 4,   /* no such device, domain, file or entry */
    XV_INCOMPLETE = 5,  /* something is left for a person or a later command */
    XV_CANNOT = 6,      /* the environment cannot */
};

struct err {
    enum exit_code code;
    const char *kind;   /* static string; the JSON error's "kind" */
    char object[160];   /* a BDF, a guest's name or a file; or "" */
    char message[1024]; /* "<intent>: <object>: <cause>", one sentence */
    char hint[512];     /* the remedy, or empty */
};

/*
 * Fills *e and returns -errnum.  code: the program's exit code.  errnum: positive errno, or 0 for
 * -EINVAL.  Clears the hint and the object, and sets the kind that belongs to the code.
 */
int err_set(struct err *e, enum exit_code code, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* As err_set() with ": <strerror(errnum)>" appended. */
int err_sys(struct err *e, enum exit_code code, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* As err_set() and err_sys(), about an object: "OBJECT: " stands before the message. */
int err_on(struct err *e, enum exit_code code, int errnum, const char *object, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
int err_sys_on(struct err *e, enum exit_code code, int errnum, const char *object, const char *fmt,
               ...) __attribute__((format(printf, 5, 6)));

/* Out of memory: XV_FAILED, returns -ENOMEM. */
int err_nomem(struct err *e);

/* Sets the object and puts "OBJECT: " before the message, unless the error has an object. */
void err_object(struct err *e, const char *object);

/* Sets the object alone: for a message that contains it already. */
void err_about(struct err *e, const char *object);

/* The message without "OBJECT: " in front, for output that shows the object elsewhere. */
const char *err_cause(const struct err *e, const char *object);

/* Adds the remedy shown on the second line. */
void err_hint(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "<prefix>: " before the message. */
void err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Appends to the message. */
void err_append(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Names the error more finely than its code does ("in-use"); kind is static. */
void err_kind(struct err *e, const char *kind);

#endif

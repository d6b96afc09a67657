/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all programs share from main() to the exit code: the global options, the host's file tree,
 * the JSON document and the output of errors.
 */
#ifndef XVTD_PROGRAM_H
#define XVTD_PROGRAM_H

#include <stdbool.h>

#include "base/cli.h"
#include "base/err.h"
#include "base/json.h"
#include "base/root.h"

struct journal_doc;
struct plan;

/* Who is told what, where there is no terminal (library/); NULL: nobody. */
struct xvtd_listener {
    void (*note)(const char *kind, const char *object, const char *text, void *user);
    void (*step)(const char *text, void *user);     /* a step begins */
    /* Right before a plan is carried out: may it be? */
    int (*agree)(const struct plan *plan, void *user, struct err *e);
    /* What a plan has come to, done or not; both are the caller's. */
    void (*carried_out)(const struct journal_doc *doc, const struct plan *plan, void *user);
    void *user;
};

/* TWINS_ASK: the command has --allow=twin, and it was not given. */
enum twins { TWINS_REFUSED, TWINS_ASK, TWINS_ALLOWED };

/* One run; a command's run() gets it as `program`. */
struct xvtd {
    const char *name;   /* the program's name, for messages */
    char command[48];   /* "assignable add"; "" in a program without commands */
    bool json;
    bool dry_run;
    bool verbose;
    bool quiet;
    enum twins twins;   /* about names of identical devices that moved (names/operand.h) */
    bool captured;      /* root comes from --root: no hypervisor belongs to it */
    struct root *root;
    struct hv *hv;      /* xvtd's own (xvtd_hv()); NULL in the other programs */
    struct json *doc;   /* NULL until xvtd_json() */
    const struct xvtd_listener *listener;   /* instead of stderr, or NULL */
    bool doc_complete;  /* doc is worth printing beside an error */
};

/* The global options of all programs, besides --help and --version. */
extern const struct cli_option program_options[];

/* Command flag: works with --root, on a captured machine and without Xen. */
#define CMD_ROOT 1u

/*
 * The document that --json prints.  main writes it when the command succeeds.  When the command
 * fails, main writes it with the error if doc_complete is set.  NULL: out of memory.
 */
struct json *xvtd_json(struct xvtd *x);

/*
 * A note for people on stderr, unless --quiet: "PROGRAM: ..."; or for the listener.  kind: one
 * word for programs; object: the function, guest or file that it is about, or "".  The text
 * names the object where people need it.
 */
void xvtd_note(const struct xvtd *x, const char *kind, const char *object, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Reads the command line, runs the command and prints its error; x is zeroed by the caller.
 * program->options is not read: the global options are these.  Returns the exit code.
 */
int program_main(const struct cli_program *program, int argc, char **argv, struct xvtd *x);

#endif

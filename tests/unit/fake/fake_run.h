/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a program inside a test: its words, exit code and output. */
#ifndef XVTD_FAKE_RUN_H
#define XVTD_FAKE_RUN_H

#include <stdbool.h>

struct run {
    int code;
    char *out, *err;    /* valid until the next run or run_end() */
    char notes[2048];   /* "KIND OBJECT\n" for each note, in order */
};

/* Is there a note of this kind about this object ("": about none; NULL: any)? */
bool run_noted(const struct run *run, const char *kind, const char *object);

/* Calls main_fn with these words; argv[0] is the program's name. */
struct run run_argv(int (*main_fn)(int, char **), int argc, char **argv);

/* The same for words separated by single blanks, which it cuts up. */
struct run run_words(int (*main_fn)(int, char **), const char *name, char *words);

/* For a test's teardown: restores the output, even if an assertion ended a run early. */
void run_end(void);

/* Is text one JSON document with this schema? *code becomes its error's code, or 0. */
bool json_valid(const char *text, int *code);

#endif

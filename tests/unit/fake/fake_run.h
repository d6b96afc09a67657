/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a program inside a test: its words, exit code and output. */
#ifndef XVTD_FAKE_RUN_H
#define XVTD_FAKE_RUN_H

#include <stdbool.h>

struct run {
    int code;
    char *out, *err;    /* valid until the next run or run_end() */
};

/* Calls main_fn with these words; argv[0] is the program's name. */
struct run run_argv(int (*main_fn)(int, char **), int argc, char **argv);

/* The same for words separated by single blanks, which it cuts up. */
struct run run_words(int (*main_fn)(int, char **), const char *name, char *words);

/* Appends a program's messages to the file $XVTD_PROSE, for tests/golden/compare. */
void run_record_prose(const char *program, const char *text);

/* For a test's teardown: restores the output, even if an assertion ended a run early. */
void run_end(void);

/* Is text one JSON document with this schema? *code becomes its error's code, or 0. */
bool json_valid(const char *text, int *code);

#endif

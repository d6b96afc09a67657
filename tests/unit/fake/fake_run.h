/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program's run inside a test: its words, exit code and what it printed. */
#ifndef XVTD_FAKE_RUN_H
#define XVTD_FAKE_RUN_H

#include <stdbool.h>

struct run {
    int code;
    char *out, *err;    /* valid until the next run or run_end() */
};

/* Calls main_fn with these words; argv[0] is the program's name. */
struct run run_argv(int (*main_fn)(int, char **), int argc, char **argv);

/* The same for words separated by single blanks, which are cut up. */
struct run run_words(int (*main_fn)(int, char **), const char *name, char *words);

/* Keeps what a program says for tests/golden/compare, in the file that $XVTD_PROSE names. */
void run_record_prose(const char *program, const char *text);

/* For a test's teardown: gives back the output, also when an assertion left a run early. */
void run_end(void);

/* True when text is one JSON document with this schema; its error's code in *code, or 0. */
bool json_valid(const char *text, int *code);

#endif

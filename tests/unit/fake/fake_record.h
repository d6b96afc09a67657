/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps what the programs print in the tests, for comparisons after them. */
#ifndef XVTD_FAKE_RECORD_H
#define XVTD_FAKE_RECORD_H

#include "base/err.h"

/*
 * Appends a document printed as JSON to the file $XVTD_DOCUMENTS, for docs/schema/validate: the
 * program's words, its exit code, the text.  Does nothing with other output.
 */
void record_document(int argc, char *const *argv, int code, const char *out);

/* Appends a program's messages to the file $XVTD_PROSE, for tests/golden/compare. */
void record_prose(const char *program, const char *text);

/* The same for the error of a command, as the program would print it. */
void record_error(const char *program, const char *command, const struct err *e);

#endif

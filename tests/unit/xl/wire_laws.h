/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Laws that the readers of wire.h keep on any bytes; for the unit tests and for the fuzzer. */
#ifndef XVTD_WIRE_LAWS_H
#define XVTD_WIRE_LAWS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Aborts if a law is broken.  Text that begins with 'a' is read as an answer, other text as an
 * order.
 */
void wire_laws(const uint8_t *bytes, size_t len);

/* A valid answer and a valid order in this form, for changes by the caller. */
const char *wire_laws_sample(size_t i);
#define WIRE_LAWS_SAMPLES 2

#endif

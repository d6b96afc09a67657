/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds for the readers of wire.h on any bytes; for the unit tests and for the fuzzer. */
#ifndef XVTD_WIRE_LAWS_H
#define XVTD_WIRE_LAWS_H

#include <stddef.h>
#include <stdint.h>

/* Aborts where a law is broken.  What begins with 'a' is read as an answer, else as an order. */
void wire_laws(const uint8_t *bytes, size_t len);

/* An answer and an order that make sense, in this form, to be changed here and there. */
const char *wire_laws_sample(size_t i);
#define WIRE_LAWS_SAMPLES 2

#endif

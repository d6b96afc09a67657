/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Laws that the readers of configuration space (topology_read.h, function_detail.h,
 * config_dump.h) keep on any bytes; for the unit tests and for the fuzzer.
 */
#ifndef XVTD_CONFIG_LAWS_H
#define XVTD_CONFIG_LAWS_H

#include <stddef.h>
#include <stdint.h>

/* Aborts if a law is broken. */
void config_laws(const uint8_t *bytes, size_t len);

/* The same for any text as the output of `lspci -xxxx`. */
void config_dump_laws(const uint8_t *text, size_t len);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generated cfgs: by a grammar, with every layout that the editor knows, then broken. */
#ifndef XVTD_TEST_GEN_H
#define XVTD_TEST_GEN_H

#include <stddef.h>
#include <stdint.h>

#define GEN_MAX 4096

struct gen {
    uint32_t seed;
    char text[GEN_MAX];
    size_t len;
};

/* A number below n. */
unsigned gen_pick(struct gen *g, unsigned n);

/* A cfg that xl accepts, but for CR line ends when the seed says so. */
void gen_cfg(struct gen *g);

/* Changes a few bytes of it. */
void gen_break(struct gen *g);

#endif

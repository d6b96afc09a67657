/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generates cfgs by a grammar, with every layout that the editor knows, and then breaks them. */
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

/* A cfg that xl accepts, except for CR line ends if the seed asks for them. */
void gen_cfg(struct gen *g);

/* Changes a few bytes of it. */
void gen_break(struct gen *g);

#endif

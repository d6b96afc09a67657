/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A made-up machine whose functions are read and grouped as a program would. */
#ifndef XVTD_HOST_TREE_H
#define XVTD_HOST_TREE_H

#include "../fake/fake_tree.h"
#include "groups/groups.h"

#define DEVICES "sys/bus/pci/devices"

extern struct root *root;
extern struct inventory *inv;
extern struct groups *g;

/* cmocka's: an empty machine before a test, nothing left of it after. */
int host_tree_setup(void **state);
int host_tree_teardown(void **state);

/* Reads the machine as it is now, anew. */
void host_tree_open(void);

/* A BDF's text, which is one, or the test fails. */
struct bdf bdf(const char *text);

#endif

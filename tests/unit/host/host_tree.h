/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A made-up machine whose functions are read and grouped as by a program. */
#ifndef XVTD_HOST_TREE_H
#define XVTD_HOST_TREE_H

#include "../fake/fake_tree.h"
#include "groups/groups.h"

#define DEVICES "sys/bus/pci/devices"

extern struct root *root;
extern struct inventory *inv;
extern struct groups *g;

/* For cmocka: makes an empty machine before a test, and removes it afterwards. */
int host_tree_setup(void **state);
int host_tree_teardown(void **state);

/* Reads the machine again, as it is now. */
void host_tree_open(void);

/* Parses a BDF; a malformed one fails the test. */
struct bdf bdf(const char *text);

#endif

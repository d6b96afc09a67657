/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct root *root;
struct inventory *inv;
struct groups *g;

static void close_all(void)
{
    g = groups_close(g);
    inv = inventory_close(inv);
    root = root_close(root);
}

int host_tree_setup(void **state)
{
    (void)state;
    tree_begin();
    tree_mkdir(DEVICES);
    return 0;
}

int host_tree_teardown(void **state)
{
    (void)state;
    close_all();
    tree_end();
    return 0;
}

void host_tree_open(void)
{
    struct err e;

    close_all();
    root = tree_root();
    if (inventory_open(&inv, root, &e) || groups_open(&g, root, inv, &e))
        fail_msg("%s", e.message);
}

struct bdf bdf(const char *text)
{
    struct bdf ret = { 0 };
    struct err e;

    if (bdf_parse(text, &ret, &e))
        fail_msg("%s", e.message);
    return ret;
}

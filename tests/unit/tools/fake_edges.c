/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_edges.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "driver/vfio.h"
#include "xen/quarantine.h"

#define MAX 16

static struct {
    bool xen;
    char quarantine[MAX][BDF_TEXT_MAX];
    uid_t owners[MAX];
    int open_group;
    unsigned calls, fail_in;
    int errnum;
    bool onwards;
} edges;

void edges_begin(void)
{
    memset(&edges, 0, sizeof(edges));
    edges.open_group = -1;
}

void edges_set_xen(bool there)
{
    edges.xen = there;
}

static char *find(const char *bdf)
{
    for (size_t i = 0; i < MAX; i++)
        if (!strcmp(edges.quarantine[i], bdf))
            return edges.quarantine[i];
    return NULL;
}

void edges_quarantine(const char *bdf, bool on)
{
    char *at = find(bdf);

    if (on && !at)
        strcpy(find(""), bdf);
    else if (!on && at)
        *at = '\0';
}

bool edges_quarantined(const char *bdf)
{
    return find(bdf) != NULL;
}

void edges_open_group(int group)
{
    edges.open_group = group;
}

void edges_fail(unsigned n, int errnum, bool onwards)
{
    edges.fail_in = n;
    edges.errnum = errnum;
    edges.onwards = onwards;
    edges.calls = 0;
}

unsigned edges_calls(void)
{
    return edges.calls;
}

static bool fails(void)
{
    edges.calls++;
    if (!edges.fail_in || --edges.fail_in)
        return false;
    edges.fail_in = edges.onwards ? 1 : 0;
    return true;
}

int quarantine_set(struct bdf bdf, bool on, struct err *e)
{
    struct bdf_text text = bdf_text(bdf);

    if (fails())
        return err_sys_on(e, XV_FAILED, edges.errnum, text.s, "Xen's quarantine");
    if (!edges.xen)
        return err_on(e, XV_CANNOT, ELIBACC, text.s, "Xen's quarantine: no libxenctrl");
    if (!on && !find(text.s))
        return err_sys_on(e, XV_FAILED, ENODEV, text.s, "Xen's quarantine");
    edges_quarantine(text.s, on);
    return 0;
}

bool vfio_in_use(const struct root *root, int group)
{
    (void)root;
    return group == edges.open_group;
}

uid_t vfio_owner(const struct root *root, int group)
{
    (void)root;
    return edges.owners[group];
}

int vfio_set_owner(const struct root *root, int group, uid_t uid, struct err *e)
{
    (void)root;
    if (fails())
        return err_sys(e, XV_FAILED, edges.errnum, "change the owner of /dev/vfio/%d", group);
    edges.owners[group] = uid;
    return 0;
}

char *edges_snapshot(void)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    for (size_t i = 0; i < MAX; i++)
        if (*edges.quarantine[i])
            fprintf(f, "quarantine %s\n", edges.quarantine[i]);
    for (int i = 0; i < MAX; i++)
        if (edges.owners[i])
            fprintf(f, "group %d user %u\n", i, (unsigned)edges.owners[i]);
    fclose(f);
    return text;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's co-assignment groups: which functions belong together, why, and whether one of them
 * can go to a guest alone.  topology.h has the rules.
 */
#ifndef XVTD_GROUPS_H
#define XVTD_GROUPS_H

#include "groups/topology.h"
#include "pci/inventory.h"

/* A group's id is the rank of its lowest BDF among all functions of the host, from 0. */
struct group {
    uint32_t id;
    const uint32_t *members;    /* indices in the inventory, ascending */
    size_t n_members;
    const struct topology_edge *edges;
    size_t n_edges;
};

struct groups;

/*
 * Reads and groups the functions of inv, which must live as long.  A function that cannot be read
 * is grouped by its known facts.  Errors: XV_FAILED, -ENOMEM.
 */
int groups_open(struct groups **ret, const struct root *root, const struct inventory *inv,
                struct err *e);

/*
 * The same for the groups of n functions: configuration spaces of functions that cannot share a
 * group with them are not read.  Of others groups_peers() fails, and groups_facts() has only the
 * place.
 */
int groups_open_of(struct groups **ret, const struct root *root, const struct inventory *inv,
                   const struct bdf *bdfs, size_t n, struct err *e);
struct groups *groups_close(struct groups *g);

static inline void groups_close_p(struct groups **g)
{
    *g = groups_close(*g);
}

/* All groups, ascending by id.  Valid until groups_close(). */
size_t groups_count(const struct groups *g);
const struct group *groups_at(const struct groups *g, size_t i);

/* A function's group; NULL when there is no such function. */
const struct group *groups_of(const struct groups *g, struct bdf bdf);

/* "0000:06:00.0, a switch's downstream port, has no ACS" */
#define GROUP_REASON_MAX 200
void groups_reason(const struct groups *g, const struct topology_edge *edge,
                   char buf[GROUP_REASON_MAX]);

/* The tie between two functions. */
enum group_tie {
    TIE_NONE,       /* different groups */
    TIE_NO_ACS,     /* DMA from one may reach the other without the IOMMU */
    TIE_REQUESTER,  /* one requester ID: the IOMMU cannot tell them apart */
};

enum group_tie groups_tie(const struct groups *g, struct bdf a, struct bdf b);

/* Who uses a function in the group of one that a guest will get. */
enum group_user {
    GROUP_NOBODY,       /* no driver, or pciback */
    GROUP_SAME_GUEST,   /* that guest has it or gets it in the same command */
    GROUP_DOM0,         /* a native driver of dom0 */
    GROUP_OTHER_GUEST,
};

enum group_verdict { GROUP_FINE, GROUP_WARN, GROUP_REFUSE };

/*
 * The policy.  Functions with one requester ID are never split, neither between guests nor with
 * dom0.  Functions tied by missing ACS: refused between guests, a warning with dom0.
 */
enum group_verdict group_policy(enum group_tie tie, enum group_user user);

/* Another function of the same group; bridges are left out. */
struct group_peer {
    struct bdf bdf;
    enum group_tie tie;
    bool native;                    /* one of dom0's drivers has it: its user is GROUP_DOM0 */
    char driver[DRIVER_NAME_MAX];
    char reason[GROUP_REASON_MAX];  /* why the two belong together */
};

/*
 * The peers of a function, ascending, in one block that the caller frees (NULL for none).
 * Errors: -ENOMEM.
 */
int groups_peers(const struct groups *g, struct bdf bdf, struct group_peer **ret, size_t *n,
                 struct err *e);
bool group_peer_in(const struct group_peer *peers, size_t n, struct bdf bdf);

/*
 * Something that does not affect groups, but that a person should know before splitting functions.
 */
struct group_warning {
    const char *kind;       /* "shared-intx", "shared-page", "rmrr", "ivmd", "acpi-table",
                               "config-unreadable", "acs-off" */
    struct bdf *devices;    /* ascending; empty when it concerns the whole host */
    size_t n_devices;
    char what[96];          /* what they share, "line 16"; or "" */
    char message[300];
};

/* The heading for several warnings of a kind; NULL for a kind that occurs once. */
const char *group_warning_heading(const char *kind);

/*
 * Reads interrupt lines, BARs and firmware's reserved memory.  Free *ret with
 * group_warnings_free().  Errors: -ENOMEM.
 */
int groups_warnings(const struct groups *g, const struct root *root, struct group_warning **ret,
                    size_t *n, struct err *e);
void group_warnings_free(struct group_warning *warnings, size_t n);

/* The facts that the groups are computed from: inventory_count() elements. */
const struct topology_fn *groups_facts(const struct groups *g);
const struct inventory *groups_inventory(const struct groups *g);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's co-assignment groups: which functions belong together, why, and what that
 * means for giving one of them to a guest.  topology.h has the rules.
 */
#ifndef XVTD_GROUPS_H
#define XVTD_GROUPS_H

#include "groups/topology.h"
#include "pci/inventory.h"

/* A group's number is the rank of its lowest BDF among all functions of the host, from 0. */
struct group {
    uint32_t id;
    const uint32_t *members;    /* indices in the inventory, ascending */
    size_t n_members;
    const struct topology_edge *edges;
    size_t n_edges;
};

struct groups;

/*
 * Reads and groups the functions of inv, which must live as long.  Errors: XV_FAILED,
 * -ENOMEM; a function that cannot be read is grouped by what is known of it.
 */
int groups_open(struct groups **ret, const struct root *root, const struct inventory *inv,
                struct err *e);
struct groups *groups_close(struct groups *g);

static inline void groups_close_p(struct groups **g)
{
    *g = groups_close(*g);
}

/* All groups, ascending by id.  Valid until groups_close(). */
size_t groups_count(const struct groups *g);
const struct group *groups_at(const struct groups *g, size_t i);

/* A function's group; NULL where there is no such function. */
const struct group *groups_of(const struct groups *g, struct bdf bdf);

/* "0000:06:00.0, a switch's downstream port, has no ACS" */
#define GROUP_REASON_MAX 200
void groups_reason(const struct groups *g, const struct topology_edge *edge,
                   char buf[GROUP_REASON_MAX]);

/* What binds two functions. */
enum group_tie {
    TIE_NONE,       /* they are in different groups */
    TIE_NO_ACS,     /* the hardware may let one reach the other past the IOMMU */
    TIE_REQUESTER,  /* one requester id: the IOMMU cannot tell them apart at all */
};

enum group_tie groups_tie(const struct groups *g, struct bdf a, struct bdf b);

/* Who uses a function that is tied to one that a guest is to get. */
enum group_user {
    GROUP_NOBODY,       /* no driver, or waiting in pciback */
    GROUP_SAME_GUEST,   /* that guest has it, or gets it in the same command */
    GROUP_DOM0,         /* a native driver of dom0 */
    GROUP_OTHER_GUEST,
};

enum group_verdict { GROUP_FINE, GROUP_WARN, GROUP_REFUSE };

/*
 * The policy: one requester id is never split, neither between guests nor with dom0;
 * missing ACS is refused between guests and a warning towards dom0.
 */
enum group_verdict group_policy(enum group_tie tie, enum group_user user);

/* A function of somebody's group other than himself, bridges left out. */
struct group_peer {
    struct bdf bdf;
    enum group_tie tie;
    bool native;                    /* a driver of dom0 has it: its user is GROUP_DOM0 */
    char driver[DRIVER_NAME_MAX];
    char reason[GROUP_REASON_MAX];  /* what binds the two */
};

/*
 * The peers of a function, ascending, in one block to be freed (NULL when there are
 * none).  Errors: -ENOMEM.
 */
int groups_peers(const struct groups *g, struct bdf bdf, struct group_peer **ret, size_t *n,
                 struct err *e);
bool group_peer_in(const struct group_peer *peers, size_t n, struct bdf bdf);

/* What no IOMMU decides, but a person should know before functions part. */
struct group_warning {
    const char *kind;       /* "shared-intx", "shared-page", "rmrr", "ivmd", "acpi-table",
                               "config-unreadable", "acs-off" */
    struct bdf *devices;    /* ascending; none where it is about the host as a whole */
    size_t n_devices;
    char what[96];          /* that which they share, "line 16"; or "" */
    char message[300];
};

/* What such warnings have in common, for a list of them; NULL for a kind that comes once. */
const char *group_warning_heading(const char *kind);

/*
 * Reads interrupt lines, BARs and what firmware reserved.  *ret is released by group_warnings_free().  Errors:
 * -ENOMEM.
 */
int groups_warnings(const struct groups *g, const struct root *root, struct group_warning **ret,
                    size_t *n, struct err *e);
void group_warnings_free(struct group_warning *warnings, size_t n);

/* The facts that the groups were computed from: inventory_count() elements. */
const struct topology_fn *groups_facts(const struct groups *g);
const struct inventory *groups_inventory(const struct groups *g);

#endif

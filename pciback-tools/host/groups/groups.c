/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "groups/groups.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "driver/driver.h"
#include "groups/topology_read.h"

#define NONE UINT32_MAX

struct groups {
    const struct inventory *inv;
    bool *asked;            /* by function: its group is known; NULL: all are */
    struct topology_fn *fns;
    struct topology topology;
    struct group *groups;
    size_t n_groups;
    uint32_t *members;      /* all functions, group by group */
    uint32_t *group_at;     /* by function: index into `groups` */
    uint32_t *links;        /* from links_at[i]: edges to and from function i */
    uint32_t *links_at;
};

/* Sorts edges by group. */
static int by_group(const void *a, const void *b, void *group)
{
    const struct topology_edge *x = a, *y = b;
    const uint32_t *of = group;

    if (of[x->from] != of[y->from])
        return of[x->from] < of[y->from] ? -1 : 1;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

static void gather(struct groups *g)
{
    struct topology *t = &g->topology;
    size_t at = 0;

    for (uint32_t i = 0; i < t->n; i++) {
        if (t->group[i] == i) {
            g->group_at[i] = (uint32_t)g->n_groups;
            g->groups[g->n_groups++].id = i;
        } else {
            g->group_at[i] = g->group_at[t->group[i]];
        }
        g->groups[g->group_at[i]].n_members++;
    }
    for (size_t i = 0; i < g->n_groups; i++) {
        g->groups[i].members = &g->members[at];
        at += g->groups[i].n_members;
        g->groups[i].n_members = 0;
    }
    for (uint32_t i = 0; i < t->n; i++) {
        struct group *group = &g->groups[g->group_at[i]];

        g->members[(size_t)(group->members - g->members) + group->n_members++] = i;
    }
    if (t->n_edges)
        qsort_r(t->edges, t->n_edges, sizeof(*t->edges), by_group, t->group);
    for (size_t i = 0; i < t->n_edges; i++) {
        struct group *group = &g->groups[g->group_at[t->edges[i].from]];

        if (!group->n_edges++)
            group->edges = &t->edges[i];
    }
}

static void link_edges(struct groups *g)
{
    const struct topology *t = &g->topology;

    for (size_t i = 0; i < t->n_edges; i++) {
        g->links_at[t->edges[i].from]++;
        g->links_at[t->edges[i].to]++;
    }
    for (size_t i = 0, sum = 0; i <= t->n; i++) {
        sum += g->links_at[i];
        g->links_at[i] = (uint32_t)sum;
    }
    for (uint32_t i = 0; i < t->n_edges; i++) {
        g->links[--g->links_at[t->edges[i].from]] = i;
        g->links[--g->links_at[t->edges[i].to]] = i;
    }
}

static int open_groups(struct groups **ret, const struct root *root, const struct inventory *inv,
                       const bool *asked, struct err *e)
{
    struct groups *g = calloc(1, sizeof(*g));
    struct topology_host host = { .amd_iommu = false };
    size_t n = inventory_count(inv);
    int r;

    if (!g)
        return err_nomem(e);
    g->inv = inv;
    r = topology_read(root, inv, asked, &host, &g->fns, e);
    if (!r)
        r = topology_compute(&host, g->fns, n, &g->topology, e);
    if (!r) {
        g->groups = calloc(n + 1, sizeof(*g->groups));
        g->members = calloc(n + 1, sizeof(*g->members));
        g->group_at = calloc(n + 1, sizeof(*g->group_at));
        g->links_at = calloc(n + 1, sizeof(*g->links_at));
        g->links = calloc(2 * g->topology.n_edges + 1, sizeof(*g->links));
        if (!g->groups || !g->members || !g->group_at || !g->links_at || !g->links)
            r = err_nomem(e);
    }
    if (r) {
        groups_close(g);
        return r;
    }
    gather(g);
    link_edges(g);
    *ret = g;
    return 0;
}

int groups_open(struct groups **ret, const struct root *root, const struct inventory *inv,
                struct err *e)
{
    return open_groups(ret, root, inv, NULL, e);
}

int groups_open_of(struct groups **ret, const struct root *root, const struct inventory *inv,
                   const struct bdf *bdfs, size_t n, struct err *e)
{
    size_t n_all = inventory_count(inv);
    AUTO_FREE bool *asked = calloc(n_all + 1, sizeof(*asked));
    bool alone = true;
    int r;

    if (!asked)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++) {
        const struct pci_function *f = inventory_find(inv, bdfs[i]);

        if (f)
            asked[f - inventory_at(inv, 0)] = true;
    }
    r = open_groups(ret, root, inv, asked, e);
    for (size_t i = 0; !r && i < n_all; i++)
        alone &= !asked[i] || (*ret)->groups[(*ret)->group_at[i]].n_members == 1;
    if (r || alone) {
        if (!r)
            (*ret)->asked = TAKE_PTR(asked);
        return r;
    }
    *ret = groups_close(*ret);
    return groups_open(ret, root, inv, e);
}

struct groups *groups_close(struct groups *g)
{
    if (g) {
        free(g->asked);
        topology_clear(&g->topology);
        free(g->fns);
        free(g->groups);
        free(g->members);
        free(g->group_at);
        free(g->links);
        free(g->links_at);
        free(g);
    }
    return NULL;
}

size_t groups_count(const struct groups *g)
{
    return g->n_groups;
}

const struct group *groups_at(const struct groups *g, size_t i)
{
    return &g->groups[i];
}

const struct topology_fn *groups_facts(const struct groups *g)
{
    return g->fns;
}

const struct inventory *groups_inventory(const struct groups *g)
{
    return g->inv;
}

static uint32_t index_of(const struct groups *g, struct bdf bdf)
{
    const struct pci_function *f = inventory_find(g->inv, bdf);

    return f ? (uint32_t)(f - inventory_at(g->inv, 0)) : NONE;
}

const struct group *groups_of(const struct groups *g, struct bdf bdf)
{
    uint32_t i = index_of(g, bdf);

    return i == NONE ? NULL : &g->groups[g->group_at[i]];
}

static enum group_tie tie_of(const struct groups *g, uint32_t a, uint32_t b)
{
    if (g->topology.requester[a] == g->topology.requester[b])
        return TIE_REQUESTER;
    return g->topology.group[a] == g->topology.group[b] ? TIE_NO_ACS : TIE_NONE;
}

enum group_tie groups_tie(const struct groups *g, struct bdf a, struct bdf b)
{
    uint32_t i = index_of(g, a), j = index_of(g, b);

    return i == NONE || j == NONE ? TIE_NONE : tie_of(g, i, j);
}

enum group_verdict group_policy(enum group_tie tie, enum group_user user)
{
    if (tie == TIE_NONE || user == GROUP_NOBODY || user == GROUP_SAME_GUEST)
        return GROUP_FINE;
    return tie == TIE_NO_ACS && user == GROUP_DOM0 ? GROUP_WARN : GROUP_REFUSE;
}

/* A function's part in the topology, as words for a sentence: "a root port". */
static const char *role(const struct topology_fn *fn)
{
    if (fn->config_short)
        return "whose configuration space cannot be read";
    if (!fn->pcie)
        return "conventional PCI";
    switch (fn->pcie_type) {
    case PCIE_ROOT_PORT:
        return "a root port";
    case PCIE_UPSTREAM:
        return "a switch's upstream port";
    case PCIE_DOWNSTREAM:
        return "a switch's downstream port";
    case PCIE_TO_PCI:
        return "a PCIe-to-PCI bridge";
    case PCI_TO_PCIE:
        return "a PCI-to-PCIe bridge";
    }
    return "a PCIe function";
}

static const char *lacks_acs(const struct topology_fn *fn)
{
    return fn->pcie && fn->acs == ACS_UNREADABLE
               ? "shows no extended configuration space, so ACS counts as absent" : "has no ACS";
}

void groups_reason(const struct groups *g, const struct topology_edge *edge,
                   char buf[GROUP_REASON_MAX])
{
    const struct topology_fn *by = &g->fns[edge->culprit];
    struct bdf_text from = bdf_text(g->fns[edge->from].bdf), to = bdf_text(g->fns[edge->to].bdf);
    struct bdf_text culprit = bdf_text(by->bdf);

    switch (edge->kind) {
    case EDGE_SAME_REQUESTER:
        if (g->fns[edge->from].proxied)
            snprintf(buf, GROUP_REASON_MAX, "%s does the DMA of all devices behind it",
                     culprit.s);
        else
            snprintf(buf, GROUP_REASON_MAX, "%s, %s, gives all devices behind it one requester ID",
                     culprit.s, role(by));
        break;
    case EDGE_DMA_ALIAS:
        snprintf(buf, GROUP_REASON_MAX, "%s and %s %s use one requester ID", from.s, to.s,
                 g->fns[edge->from].aliased ? "are said by firmware (IVRS) to" : "are known to");
        break;
    case EDGE_UNKNOWN_ABOVE:
        snprintf(buf, GROUP_REASON_MAX, "the path above %s is unknown", culprit.s);
        break;
    case EDGE_NO_ACS_PATH:
        snprintf(buf, GROUP_REASON_MAX, "%s, %s, %s", culprit.s, role(by), lacks_acs(by));
        break;
    case EDGE_NO_ACS_MULTIFUNCTION:
        snprintf(buf, GROUP_REASON_MAX, "%s and %s are functions of one device that %s", from.s,
                 to.s, lacks_acs(by));
        break;
    }
}

/*
 * Breadth-first search from start: came[i] is the edge over which function i is reached first.
 * `strong`: over edges of a shared requester ID only.
 */
static void search(const struct groups *g, uint32_t start, bool strong, uint32_t *came,
                   uint32_t *queue)
{
    size_t head = 0, tail = 0;

    queue[tail++] = start;
    while (head < tail) {
        uint32_t at = queue[head++];

        for (uint32_t k = g->links_at[at]; k < g->links_at[at + 1]; k++) {
            const struct topology_edge *edge = &g->topology.edges[g->links[k]];
            uint32_t next = edge->from == at ? edge->to : edge->from;

            if (next == start || came[next] != NONE ||
                (strong && !topology_same_requester(edge->kind)))
                continue;
            came[next] = g->links[k];
            queue[tail++] = next;
        }
    }
}

/* The best edge between the two for a message: the right kind, and nearest the root. */
static const struct topology_edge *tell(const struct groups *g, uint32_t start, uint32_t at,
                                        enum group_tie tie, const uint32_t *came)
{
    const struct topology_edge *best = NULL;

    while (at != start && came[at] != NONE) {
        const struct topology_edge *edge = &g->topology.edges[came[at]];

        if (topology_same_requester(edge->kind) == (tie == TIE_REQUESTER) &&
            (!best || edge->culprit < best->culprit))
            best = edge;
        at = edge->from == at ? edge->to : edge->from;
    }
    return best;
}

int groups_peers(const struct groups *g, struct bdf bdf, struct group_peer **ret, size_t *n,
                 struct err *e)
{
    uint32_t start = index_of(g, bdf);
    const struct group *group = start == NONE ? NULL : &g->groups[g->group_at[start]];
    AUTO_FREE struct group_peer *peers = NULL;
    AUTO_FREE uint32_t *came = NULL;
    uint32_t *strong, *queue;

    *ret = NULL;
    *n = 0;
    if (group && g->asked && !g->asked[start])
        return err_on(e, XV_FAILED, ENODATA, BDF_STR(bdf),
                      "its co-assignment group has not been read");
    if (!group || group->n_members < 2)
        return 0;
    peers = calloc(group->n_members, sizeof(*peers));
    came = malloc(3 * g->topology.n * sizeof(*came));
    if (!peers || !came)
        return err_nomem(e);
    memset(came, 0xff, 3 * g->topology.n * sizeof(*came));
    strong = came + g->topology.n;
    queue = strong + g->topology.n;
    search(g, start, false, came, queue);
    search(g, start, true, strong, queue);
    for (size_t i = 0; i < group->n_members; i++) {
        uint32_t m = group->members[i];
        const struct pci_function *f = inventory_at(g->inv, m);
        const struct topology_edge *edge;
        struct group_peer *peer = &peers[*n];

        if (m == start || f->bridge)
            continue;
        peer->bdf = f->bdf;
        peer->tie = tie_of(g, start, m);
        peer->native = driver_is_native(f->driver);
        memcpy(peer->driver, f->driver, sizeof(peer->driver));
        edge = tell(g, start, m, peer->tie, peer->tie == TIE_REQUESTER ? strong : came);
        if (edge)
            groups_reason(g, edge, peer->reason);
        (*n)++;
    }
    if (*n)
        *ret = TAKE_PTR(peers);
    return 0;
}

bool group_peer_in(const struct group_peer *peers, size_t n, struct bdf bdf)
{
    for (size_t i = 0; i < n; i++)
        if (bdf_equal(peers[i].bdf, bdf))
            return true;
    return false;
}

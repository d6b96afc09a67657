/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "groups/topology.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "groups/acs_quirks.h"
#include "pci/pci_class.h"

#define NONE UINT32_MAX

/* Intermediate results for each function. */
struct node {
    struct topology_fn fn;  /* with Linux's corrections of its type */
    uint32_t parent;        /* NONE: on a root bus, or unknown */
    uint32_t proxy;         /* the function that makes its DMA, or NONE */
    uint32_t depth;
    uint32_t bus_begin, bus_end;    /* the functions of its bus */
    uint32_t group;         /* an earlier member of its group, or itself; or NONE */
    uint32_t blame;         /* the nearest at or above it without isolation, or NONE */
    uint32_t replacer;      /* the nearest at or above it that replaces IDs, or NONE */
    bool isolates;
    bool aliasing;
};

struct grouping {
    const struct topology_host *host;
    struct node *nodes;
    size_t n;
    uint32_t *order;        /* parents before children */
    struct topology *out;
};

bool topology_same_requester(enum topology_kind kind)
{
    return kind == EDGE_SAME_REQUESTER || kind == EDGE_DMA_ALIAS || kind == EDGE_UNKNOWN_ABOVE;
}

const char *topology_kind_name(enum topology_kind kind)
{
    switch (kind) {
    case EDGE_SAME_REQUESTER:
        return "same-requester-id";
    case EDGE_DMA_ALIAS:
        return "dma-alias";
    case EDGE_UNKNOWN_ABOVE:
        return "unknown-above";
    case EDGE_NO_ACS_PATH:
        return "no-acs-path";
    case EDGE_NO_ACS_MULTIFUNCTION:
        break;
    }
    return "no-acs-multifunction";
}

/* AMD's processors have dummy functions (class 13) behind separate bridges. */
bool topology_is_platform(const struct topology_fn *fn)
{
    return pci_class_is_platform(fn->class) && !fn->vf && !fn->proxied &&
           (fn->above == ABOVE_ROOT || fn->class >> 16 == 0x13);
}

bool topology_isolates(const struct topology_host *host, const struct topology_fn *fn)
{
    enum quirk_verdict quirk = acs_quirk(host, fn);

    if (quirk != QUIRK_NONE)
        return quirk == QUIRK_ISOLATES;
    if (!fn->pcie)
        return false;   /* every device on a shared bus sees all transactions */
    switch (fn->pcie_type) {
    case PCI_TO_PCIE:
    case PCIE_TO_PCI:
    case PCIE_RC_EVENT:
        return false;   /* PCIe 6.12.1: these never have ACS */
    case PCIE_DOWNSTREAM:
    case PCIE_ROOT_PORT:
        return fn->acs == ACS_PRESENT;
    case PCIE_ENDPOINT:
    case PCIE_LEGACY_ENDPOINT:
    case PCIE_UPSTREAM:
    case PCIE_RC_ENDPOINT:
        return !fn->multifunction || fn->acs == ACS_PRESENT;
    }
    return true;
}

static uint32_t find(const struct grouping *g, struct bdf bdf)
{
    size_t low = 0, high = g->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = bdf_compare(g->nodes[mid].fn.bdf, bdf);

        if (!order)
            return (uint32_t)mid;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NONE;
}

static bool same_bus(struct bdf a, struct bdf b)
{
    return a.segment == b.segment && a.bus == b.bus;
}

static void lose_place(struct node *node)
{
    node->fn.above = ABOVE_UNKNOWN;
    node->parent = NONE;
}

static void find_places(struct grouping *g)
{
    for (uint32_t i = 0; i < g->n; i++) {
        struct node *node = &g->nodes[i];

        node->parent = node->proxy = NONE;
        if (node->fn.above == ABOVE_BRIDGE) {
            node->parent = find(g, node->fn.parent);
            if (node->parent == NONE)
                lose_place(node);
        }
        if (node->fn.proxied) {
            node->proxy = find(g, node->fn.dma_by);
            if (node->proxy == i || (node->proxy != NONE && g->nodes[node->proxy].fn.proxied))
                node->proxy = NONE;
            if (node->proxy == NONE)
                lose_place(node);
        }
        node->bus_begin = i && same_bus(g->nodes[i - 1].fn.bdf, node->fn.bdf)
                              ? g->nodes[i - 1].bus_begin : i;
    }
    for (uint32_t i = (uint32_t)g->n; i-- > 0;)
        g->nodes[i].bus_end = i + 1 < g->n && g->nodes[i + 1].bus_begin == g->nodes[i].bus_begin
                                  ? g->nodes[i + 1].bus_end : i + 1;
}

/*
 * Computes the number of functions above each.  Follows each chain up to a known depth and numbers
 * it on the way back.  A loop is cut where it closes.
 */
static void find_depths(struct grouping *g, uint32_t *stack)
{
    enum { UNSEEN = UINT32_MAX, ON_STACK = UINT32_MAX - 1 };

    for (uint32_t i = 0; i < g->n; i++)
        g->nodes[i].depth = (uint32_t)UNSEEN;
    for (uint32_t i = 0; i < g->n; i++) {
        uint32_t n = 0, at = i, depth = 0;

        while (at != NONE && g->nodes[at].depth == (uint32_t)UNSEEN) {
            g->nodes[at].depth = (uint32_t)ON_STACK;
            stack[n++] = at;
            at = g->nodes[at].parent;
        }
        if (at != NONE && g->nodes[at].depth == (uint32_t)ON_STACK) {
            lose_place(&g->nodes[stack[n - 1]]);
        } else if (at != NONE) {
            depth = g->nodes[at].depth + 1;
        }
        while (n)
            g->nodes[stack[--n]].depth = depth++;
    }
}

/* Parents first.  VFs last: Linux creates them after all other functions. */
static int by_order(const void *a, const void *b, void *nodes)
{
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    const struct node *x = &((const struct node *)nodes)[i], *y = &((const struct node *)nodes)[j];

    if (x->fn.vf != y->fn.vf)
        return x->fn.vf ? 1 : -1;
    if (x->depth != y->depth)
        return x->depth < y->depth ? -1 : 1;
    return i < j ? -1 : 1;
}

/* Corrects ports that report the wrong direction, as set_pcie_port_type() does. */
static void correct_type(const struct grouping *g, struct topology_fn *fn, uint32_t parent)
{
    const struct topology_fn *above = parent == NONE ? NULL : &g->nodes[parent].fn;

    if (fn->bdf.func && !fn->vf)
        fn->multifunction = true;   /* pci_scan_slot() */
    if (fn->vf)
        fn->multifunction = false;  /* pci_iov_add_virtfn() */
    if (!fn->pcie || !above || !above->pcie)
        return;
    if (fn->pcie_type == PCIE_DOWNSTREAM &&
        (above->pcie_type == PCIE_ROOT_PORT || above->pcie_type == PCIE_DOWNSTREAM ||
         above->pcie_type == PCI_TO_PCIE))
        fn->pcie_type = PCIE_UPSTREAM;
    else if (fn->pcie_type == PCIE_UPSTREAM && above->pcie_type == PCIE_UPSTREAM)
        fn->pcie_type = PCIE_DOWNSTREAM;
}

static bool replaces_ids(const struct topology_fn *fn)
{
    return !fn->pcie || fn->pcie_type == PCIE_TO_PCI || fn->pcie_type == PCI_TO_PCIE;
}

/* Computes what functions below i inherit from it; its parent is done. */
static void look_up(struct grouping *g, uint32_t i)
{
    struct node *node = &g->nodes[i];
    const struct node *above = node->parent == NONE ? NULL : &g->nodes[node->parent];
    struct dma_aliases ignored;

    correct_type(g, &node->fn, node->parent);
    node->isolates = topology_isolates(g->host, &node->fn);
    node->aliasing = dma_alias_quirk(&node->fn, &ignored);
    if (!node->isolates || node->fn.above == ABOVE_UNKNOWN)
        node->blame = i;
    else
        node->blame = above ? above->blame : NONE;
    if (translation_root_quirk(&node->fn))
        node->replacer = NONE;
    else if (replaces_ids(&node->fn))
        node->replacer = i;
    else
        node->replacer = above ? above->replacer : NONE;
}

static bool are_aliases(const struct grouping *g, uint32_t i, uint32_t j)
{
    struct dma_aliases a;

    if (g->nodes[i].aliasing) {
        dma_alias_quirk(&g->nodes[i].fn, &a);
        if (dma_alias_has(&a, g->nodes[j].fn.bdf))
            return true;
    }
    if (g->nodes[j].aliasing) {
        dma_alias_quirk(&g->nodes[j].fn, &a);
        if (dma_alias_has(&a, g->nodes[i].fn.bdf))
            return true;
    }
    return false;
}

static uint32_t group_by_slot(const struct grouping *g, uint32_t i, struct dma_aliases *seen);

/*
 * Finds a function with a group that i reaches over aliases, or NONE.  seen: the devfns already
 * visited (iommu.c get_pci_alias_group()).
 */
static uint32_t group_by_alias(const struct grouping *g, uint32_t i, struct dma_aliases *seen)
{
    const struct node *node = &g->nodes[i];
    unsigned devfn = ((unsigned)node->fn.bdf.slot << 3 | node->fn.bdf.func) & 0xff;

    if (dma_alias_has(seen, node->fn.bdf))
        return NONE;
    seen->devfn[devfn / 64] |= UINT64_C(1) << devfn % 64;
    if (node->group != NONE)
        return i;
    for (uint32_t j = node->bus_begin; j < node->bus_end; j++) {
        uint32_t found;

        if (j == i || !are_aliases(g, i, j))
            continue;
        found = group_by_alias(g, j, seen);
        if (found == NONE)
            found = group_by_slot(g, j, seen);
        if (found != NONE)
            return found;
    }
    return NONE;
}

/* The same over functions of i's slot (iommu.c get_pci_function_alias_group()). */
static uint32_t group_by_slot(const struct grouping *g, uint32_t i, struct dma_aliases *seen)
{
    const struct node *node = &g->nodes[i];
    uint32_t j = i;

    if (!node->fn.multifunction || node->isolates)
        return NONE;
    while (j > node->bus_begin && bdf_same_slot(g->nodes[j - 1].fn.bdf, node->fn.bdf))
        j--;
    for (; j < node->bus_end && bdf_same_slot(g->nodes[j].fn.bdf, node->fn.bdf); j++) {
        uint32_t found;

        if (j == i || g->nodes[j].isolates)
            continue;
        found = group_by_alias(g, j, seen);
        if (found != NONE)
            return found;
    }
    return NONE;
}

static uint32_t top(uint32_t *set, uint32_t i)
{
    while (set[i] != i)
        i = set[i] = set[set[i]];
    return i;
}

/* Joins two sets; the lowest index names a set. */
static void join(uint32_t *set, uint32_t a, uint32_t b)
{
    a = top(set, a);
    b = top(set, b);
    set[a > b ? a : b] = a > b ? b : a;
}

static int add_edge(struct grouping *g, uint32_t from, uint32_t to, enum topology_kind kind,
                    uint32_t culprit, struct err *e)
{
    struct topology *t = g->out;

    if (ARRAY_GROW(t->edges, t->n_edges))
        return err_nomem(e);
    t->edges[t->n_edges++] = (struct topology_edge){ from, to, kind, culprit };
    join(t->group, from, to);
    if (topology_same_requester(kind))
        join(t->requester, from, to);
    return 0;
}

/* The first function on i's bus when the bridge above is unknown, or NONE. */
static uint32_t first_stray(const struct grouping *g, uint32_t i)
{
    for (uint32_t j = g->nodes[i].bus_begin; j < g->nodes[i].bus_end; j++)
        if (j != i && g->nodes[j].fn.above == ABOVE_UNKNOWN && g->nodes[j].group != NONE)
            return j;
    return NONE;
}

/* Finds the function whose group i joins, or NONE for a new group (pci_device_group()). */
static uint32_t choose(const struct grouping *g, uint32_t i, enum topology_kind *kind,
                       uint32_t *culprit)
{
    const struct node *node = &g->nodes[i];
    const struct node *above = node->parent == NONE ? NULL : &g->nodes[node->parent];
    struct dma_aliases seen = { .devfn = { 0 } };
    uint32_t to;

    *kind = EDGE_SAME_REQUESTER;
    *culprit = node->proxy;
    if (node->proxy != NONE)
        return node->proxy;
    if (above && above->replacer != NONE)
        return *culprit = above->replacer;

    *kind = EDGE_UNKNOWN_ABOVE;
    *culprit = i;
    if (node->fn.above == ABOVE_UNKNOWN) {
        to = first_stray(g, i);
        if (to != NONE)
            return to;
    }
    *kind = EDGE_NO_ACS_PATH;
    if (above && above->blame != NONE) {
        *culprit = above->blame;
        return node->parent;
    }
    *kind = EDGE_DMA_ALIAS;
    to = group_by_alias(g, i, &seen);
    if (to != NONE)
        return to;
    *kind = EDGE_NO_ACS_MULTIFUNCTION;
    return group_by_slot(g, i, &seen);
}

/*
 * Adds edges for aliases within groups that another rule has joined: `requester` depends on them.
 */
static int add_alias_edges(struct grouping *g, uint32_t i, struct err *e)
{
    const struct node *node = &g->nodes[i];
    int r = 0;

    for (uint32_t j = node->bus_begin; !r && node->aliasing && j < node->bus_end; j++)
        if (j != i && g->nodes[j].fn.above == node->fn.above &&
            g->nodes[j].parent == node->parent && are_aliases(g, i, j) &&
            top(g->out->requester, i) != top(g->out->requester, j))
            r = add_edge(g, i, j, EDGE_DMA_ALIAS, i, e);
    return r;
}

/* The function whose requester ID i uses as firmware says, or an earlier user of it; or NONE. */
static uint32_t find_namesake(const struct grouping *g, uint32_t i)
{
    struct bdf alias = g->nodes[i].fn.alias;
    uint32_t at = find(g, alias);

    for (uint32_t j = 0; at == NONE && j < i; j++)
        if (g->nodes[j].fn.aliased && bdf_equal(g->nodes[j].fn.alias, alias))
            at = j;
    return at;
}

static int add_firmware_edges(struct grouping *g, struct err *e)
{
    int r = 0;

    for (uint32_t i = 0; !r && i < g->n; i++) {
        uint32_t to = g->nodes[i].fn.aliased ? find_namesake(g, i) : NONE;

        if (to != NONE && top(g->out->requester, i) != top(g->out->requester, to))
            r = add_edge(g, i, to, EDGE_DMA_ALIAS, i, e);
    }
    return r;
}

static int by_from(const void *a, const void *b)
{
    const struct topology_edge *x = a, *y = b;

    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

static void finish(struct topology *t)
{
    for (uint32_t i = 0; i < t->n; i++) {
        t->group[i] = top(t->group, i);
        t->requester[i] = top(t->requester, i);
    }
    if (t->n_edges)
        qsort(t->edges, t->n_edges, sizeof(*t->edges), by_from);
}

static int group_all(struct grouping *g, struct err *e)
{
    int r = 0;

    for (size_t k = 0; k < g->n; k++)
        look_up(g, g->order[k]);
    for (size_t k = 0; !r && k < g->n; k++) {
        uint32_t i = g->order[k], culprit, to;
        enum topology_kind kind;

        to = choose(g, i, &kind, &culprit);
        if (to != NONE)
            r = add_edge(g, i, to, kind, culprit, e);
        g->nodes[i].group = to == NONE ? i : to;
        if (!r)
            r = add_alias_edges(g, i, e);
    }
    if (!r)
        r = add_firmware_edges(g, e);
    if (!r)
        finish(g->out);
    return r;
}

int topology_compute(const struct topology_host *host, const struct topology_fn *fns, size_t n,
                     struct topology *ret, struct err *e)
{
    struct topology out = { .n = n };
    AUTO_FREE struct node *nodes = calloc(n + 1, sizeof(*nodes));
    AUTO_FREE uint32_t *order = calloc(n + 1, sizeof(*order));
    struct grouping g = { .host = host, .nodes = nodes, .n = n, .order = order, .out = &out };
    int r = 0;

    for (size_t i = 1; i < n; i++)
        if (bdf_compare(fns[i - 1].bdf, fns[i].bdf) >= 0)
            return err_set(e, XV_FAILED, EINVAL, "group the functions: %s is listed twice or out "
                           "of order", BDF_STR(fns[i].bdf));
    out.group = calloc(n + 1, sizeof(*out.group));
    out.requester = calloc(n + 1, sizeof(*out.requester));
    if (!nodes || !order || !out.group || !out.requester || n >= NONE - 1)
        r = err_nomem(e);
    for (uint32_t i = 0; !r && i < n; i++) {
        nodes[i].fn = fns[i];
        nodes[i].group = NONE;
        out.group[i] = out.requester[i] = i;
    }
    if (!r) {
        find_places(&g);
        find_depths(&g, order);
        for (uint32_t i = 0; i < n; i++)
            order[i] = i;
        qsort_r(order, n, sizeof(*order), by_order, nodes);
        r = group_all(&g, e);
    }
    if (r)
        topology_clear(&out);
    else
        *ret = out;
    return r;
}

void topology_clear(struct topology *t)
{
    free(t->group);
    free(t->requester);
    free(t->edges);
    *t = (struct topology){ .n = 0 };
}

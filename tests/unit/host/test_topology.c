/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology.h: the rules, one machine each, and laws that hold for any machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "groups/acs_quirks.h"
#include "groups/topology.h"

#define MAX 64

static struct topology_fn fns[MAX];
static size_t n;
static struct topology_host host;
static struct topology topology;

static int setup(void **state)
{
    (void)state;
    memset(fns, 0, sizeof(fns));
    memset(&host, 0, sizeof(host));
    n = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    topology_clear(&topology);
    return 0;
}

static struct bdf bdf(const char *text)
{
    struct bdf ret = { 0 };
    struct err e;

    if (bdf_parse(text, &ret, &e))
        fail_msg("%s", e.message);
    return ret;
}

/* Adds a single-function PCIe function of no known vendor; parent NULL: on a root bus. */
static struct topology_fn *add(const char *at, const char *parent, enum pcie_type type)
{
    struct topology_fn *fn = &fns[n++];

    fn->bdf = bdf(at);
    fn->above = parent ? ABOVE_BRIDGE : ABOVE_ROOT;
    if (parent)
        fn->parent = bdf(parent);
    fn->vendor = 0x1af4;
    fn->device = 0x1041;
    fn->pcie = true;
    fn->pcie_type = type;
    return fn;
}

static struct topology_fn *with_acs(struct topology_fn *fn)
{
    fn->acs = ACS_PRESENT;
    fn->acs_cap = 0x1d;
    return fn;
}

static struct topology_fn *with_id(struct topology_fn *fn, uint16_t vendor, uint16_t device)
{
    fn->vendor = vendor;
    fn->device = device;
    return fn;
}

static struct topology_fn *add_conventional(const char *at, const char *parent)
{
    struct topology_fn *fn = add(at, parent, PCIE_ENDPOINT);

    fn->pcie = false;
    return fn;
}

static void compute(void)
{
    struct err e;

    if (topology_compute(&host, fns, n, &topology, &e))
        fail_msg("%s", e.message);
}

static size_t at(const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (bdf_equal(fns[i].bdf, bdf(text)))
            return i;
    fail_msg("no function %s", text);
    return 0;
}

/* Are they in one group, and do they share a requester id? */
static bool tied(const char *a, const char *b)
{
    return topology.group[at(a)] == topology.group[at(b)];
}

static bool one_id(const char *a, const char *b)
{
    return topology.requester[at(a)] == topology.requester[at(b)];
}

static const struct topology_edge *edge_of(const char *from)
{
    for (size_t i = 0; i < topology.n_edges; i++)
        if (topology.edges[i].from == at(from))
            return &topology.edges[i];
    fail_msg("no edge from %s", from);
    return NULL;
}

static void assert_edge(const char *from, const char *to, enum topology_kind kind,
                        const char *culprit)
{
    const struct topology_edge *edge = edge_of(from);

    assert_string_equal(topology_kind_name(edge->kind), topology_kind_name(kind));
    assert_string_equal(BDF_STR(fns[edge->to].bdf), to);
    assert_string_equal(BDF_STR(fns[edge->culprit].bdf), culprit);
}

static void test_empty(void **state)
{
    (void)state;
    compute();
    assert_int_equal(topology.n, 0);
    assert_int_equal(topology.n_edges, 0);
}

static void test_conventional_bus(void **state)
{
    (void)state;
    with_acs(add("00:1c.0", NULL, PCIE_ROOT_PORT));
    with_acs(add("00:1c.1", NULL, PCIE_ROOT_PORT))->multifunction = true;
    add("03:00.0", "00:1c.0", PCIE_TO_PCI);
    add_conventional("04:01.0", "03:00.0");
    add_conventional("04:02.0", "03:00.0");
    add("05:00.0", "00:1c.1", PCIE_ENDPOINT);
    compute();
    assert_true(one_id("04:01.0", "04:02.0"));
    assert_true(one_id("04:01.0", "03:00.0"));
    assert_false(tied("04:01.0", "05:00.0"));
    assert_false(tied("03:00.0", "00:1c.0"));
    assert_edge("04:02.0", "0000:03:00.0", EDGE_SAME_REQUESTER, "0000:03:00.0");
}

/* A bridge without a PCIe capability replaces ids whatever it is below. */
static void test_bridges_behind_bridges(void **state)
{
    (void)state;
    add_conventional("00:1e.0", NULL);
    add_conventional("0b:01.0", "00:1e.0");
    add_conventional("0c:04.0", "0b:01.0");
    add_conventional("0c:05.0", "0b:01.0");
    add_conventional("0d:00.0", NULL);
    compute();
    assert_true(one_id("00:1e.0", "0c:04.0"));
    assert_true(one_id("0c:05.0", "0c:04.0"));
    assert_false(tied("0d:00.0", "00:1e.0"));
}

static void test_path_without_acs(void **state)
{
    (void)state;
    add("00:01.0", NULL, PCIE_ROOT_PORT);
    with_acs(add("00:02.0", NULL, PCIE_ROOT_PORT));
    add("01:00.0", "00:01.0", PCIE_ENDPOINT);
    add("02:00.0", "00:02.0", PCIE_ENDPOINT);
    compute();
    assert_true(tied("01:00.0", "00:01.0"));
    assert_false(one_id("01:00.0", "00:01.0"));
    assert_false(tied("02:00.0", "00:02.0"));
    assert_edge("01:00.0", "0000:00:01.0", EDGE_NO_ACS_PATH, "0000:00:01.0");
}

/* ACS far below does not help when a port above has none. */
static void test_culprit_is_the_port_above(void **state)
{
    (void)state;
    add("00:01.0", NULL, PCIE_ROOT_PORT);
    add("01:00.0", "00:01.0", PCIE_UPSTREAM);
    with_acs(add("02:00.0", "01:00.0", PCIE_DOWNSTREAM));
    with_acs(add("02:01.0", "01:00.0", PCIE_DOWNSTREAM));
    add("03:00.0", "02:00.0", PCIE_ENDPOINT);
    add("04:00.0", "02:01.0", PCIE_ENDPOINT);
    compute();
    assert_true(tied("03:00.0", "04:00.0"));
    assert_false(one_id("03:00.0", "04:00.0"));
    assert_edge("03:00.0", "0000:02:00.0", EDGE_NO_ACS_PATH, "0000:00:01.0");
}

static void test_functions_of_a_device(void **state)
{
    (void)state;
    add("00:08.0", NULL, PCIE_RC_ENDPOINT)->multifunction = true;
    with_acs(add("00:08.1", NULL, PCIE_RC_ENDPOINT));
    add("00:08.2", NULL, PCIE_RC_ENDPOINT);
    add_conventional("00:1f.0", NULL)->multifunction = true;
    add_conventional("00:1f.2", NULL);
    compute();
    assert_true(tied("00:08.0", "00:08.2"));
    assert_false(one_id("00:08.0", "00:08.2"));
    assert_false(tied("00:08.0", "00:08.1"));
    assert_true(tied("00:1f.0", "00:1f.2"));
    assert_false(tied("00:08.0", "00:1f.0"));
    assert_edge("00:08.2", "0000:00:08.0", EDGE_NO_ACS_MULTIFUNCTION, "0000:00:08.2");
}

static void test_known_to_isolate(void **state)
{
    static const struct {
        uint16_t vendor, device;
        bool apart;
    } cards[] = {
        { 0x8086, 0x1521, true },   /* I350 */
        { 0x8086, 0x105e, true },   /* 82571 */
        { 0x8086, 0x10d3, false },  /* 82574 */
        { 0x8088, 0x1001, true }, { 0x8088, 0x3001, false }, { 0x14e4, 0x16d7, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cards) / sizeof(*cards); i++) {
        setup(NULL);
        with_acs(add("00:01.0", NULL, PCIE_ROOT_PORT));
        for (int f = 0; f < 4; f++) {
            char text[16];

            snprintf(text, sizeof(text), "01:00.%d", f);
            with_id(add(text, "00:01.0", PCIE_ENDPOINT), cards[i].vendor, cards[i].device)
                ->multifunction = true;
        }
        compute();
        assert_int_equal(tied("01:00.0", "01:00.1"), !cards[i].apart);
        assert_int_equal(tied("01:00.1", "01:00.3"), !cards[i].apart);
        topology_clear(&topology);
    }
}

/* VT-d 3.16: Intel's integrated endpoints, whatever their ACS; others need it. */
static void test_integrated_endpoints(void **state)
{
    (void)state;
    with_id(add("00:08.0", NULL, PCIE_RC_ENDPOINT), 0x8086, 0x10d3)->multifunction = true;
    with_id(add("00:08.1", NULL, PCIE_RC_ENDPOINT), 0x8086, 0x10d3);
    with_id(add("00:09.0", NULL, PCIE_ENDPOINT), 0x8086, 0x10d3)->multifunction = true;
    with_id(add("00:09.1", NULL, PCIE_ENDPOINT), 0x8086, 0x10d3);
    compute();
    assert_false(tied("00:08.0", "00:08.1"));
    assert_true(tied("00:09.0", "00:09.1"));
}

/* Cougar Point's ports have no ACS; registers that the LPC bridge maps do as well. */
static void test_pch_root_ports(void **state)
{
    (void)state;
    for (int rcba = 0; rcba < 2; rcba++) {
        setup(NULL);
        with_id(add("00:1c.0", NULL, PCIE_ROOT_PORT), 0x8086, 0x1c10)->multifunction = true;
        with_id(add("00:1c.1", NULL, PCIE_ROOT_PORT), 0x8086, 0x1c12);
        fns[0].pch_rcba = fns[1].pch_rcba = rcba;
        add("01:00.0", "00:1c.0", PCIE_ENDPOINT);
        add("02:00.0", "00:1c.1", PCIE_ENDPOINT);
        compute();
        assert_int_equal(tied("01:00.0", "02:00.0"), !rcba);
        topology_clear(&topology);
    }
}

/* Sunrise Point's ports count by having the capability; without one they are as others. */
static void test_spt_root_ports(void **state)
{
    (void)state;
    with_acs(with_id(add("00:1c.0", NULL, PCIE_ROOT_PORT), 0x8086, 0xa110));
    with_id(add("00:1d.0", NULL, PCIE_ROOT_PORT), 0x8086, 0xa118);
    add("01:00.0", "00:1c.0", PCIE_ENDPOINT);
    add("02:00.0", "00:1d.0", PCIE_ENDPOINT);
    compute();
    assert_false(tied("01:00.0", "00:1c.0"));
    assert_true(tied("02:00.0", "00:1d.0"));
}

static void test_amd_southbridge(void **state)
{
    (void)state;
    for (int ivrs = 0; ivrs < 2; ivrs++) {
        setup(NULL);
        host.amd_iommu = ivrs;
        with_id(add_conventional("00:14.0", NULL), 0x1002, 0x4385)->multifunction = true;
        with_id(add_conventional("00:14.1", NULL), 0x1002, 0x439c);
        compute();
        assert_int_equal(tied("00:14.0", "00:14.1"), !ivrs);
        topology_clear(&topology);
    }
}

/* A Marvell controller that uses function 1's id, there or not. */
static void test_dma_aliases(void **state)
{
    (void)state;
    with_acs(add("00:01.0", NULL, PCIE_ROOT_PORT));
    with_acs(add("00:02.0", NULL, PCIE_ROOT_PORT));
    add("00:03.0", NULL, PCIE_ROOT_PORT);
    with_acs(with_id(add("01:00.0", "00:01.0", PCIE_ENDPOINT), 0x1b4b, 0x9230))
        ->multifunction = true;
    with_acs(add("01:00.1", "00:01.0", PCIE_ENDPOINT));
    with_id(add("02:00.0", "00:02.0", PCIE_ENDPOINT), 0x1b4b, 0x9230);
    with_id(add("03:00.0", "00:03.0", PCIE_ENDPOINT), 0x1b4b, 0x9230)->multifunction = true;
    add("03:00.1", "00:03.0", PCIE_ENDPOINT);
    compute();
    assert_true(one_id("01:00.0", "01:00.1"));
    assert_false(tied("02:00.0", "00:02.0"));
    /* Joined to their port for want of ACS, and to each other for good. */
    assert_true(one_id("03:00.0", "03:00.1"));
    assert_true(tied("03:00.0", "00:03.0"));
    assert_false(one_id("03:00.0", "00:03.0"));
}

static void test_virtual_functions(void **state)
{
    (void)state;
    with_acs(add("00:01.0", NULL, PCIE_ROOT_PORT));
    add("00:02.0", NULL, PCIE_ROOT_PORT);
    add("01:00.0", "00:01.0", PCIE_ENDPOINT)->multifunction = true;
    add("01:00.1", "00:01.0", PCIE_ENDPOINT);
    add("01:00.2", "00:01.0", PCIE_ENDPOINT)->vf = true;
    add("01:00.3", "00:01.0", PCIE_ENDPOINT)->vf = true;
    add("02:00.0", "00:02.0", PCIE_ENDPOINT);
    add("03:00.0", "00:02.0", PCIE_ENDPOINT)->vf = true;  /* a virtual bus */
    compute();
    assert_true(tied("01:00.0", "01:00.1"));
    assert_false(tied("01:00.2", "01:00.0"));
    assert_false(tied("01:00.2", "01:00.3"));
    assert_true(tied("03:00.0", "02:00.0"));
    assert_edge("03:00.0", "0000:00:02.0", EDGE_NO_ACS_PATH, "0000:00:02.0");
}

/* Linux takes a VF for a function of its own, whatever its header and its PF's tables say. */
static void test_virtual_functions_without_acs(void **state)
{
    (void)state;
    with_acs(add("00:01.0", NULL, PCIE_ROOT_PORT));
    with_id(add("01:00.0", "00:01.0", PCIE_ENDPOINT), 0x8088, 0x3001)->multifunction = true;
    for (int f = 1; f < 3; f++) {
        struct topology_fn *fn = add(f == 1 ? "01:00.1" : "01:00.2", "00:01.0", PCIE_ENDPOINT);

        with_id(fn, 0x8088, 0x3001)->vf = true;
        fn->multifunction = true;
    }
    compute();
    assert_false(tied("01:00.0", "01:00.1"));
    assert_false(tied("01:00.1", "01:00.2"));
}

/* Bridges to PCI never have ACS, though they may show the capability. */
static void test_bridges_of_one_device(void **state)
{
    (void)state;
    with_acs(add("00:01.0", NULL, PCIE_ROOT_PORT));
    with_acs(add("01:00.0", "00:01.0", PCIE_TO_PCI))->multifunction = true;
    with_acs(add("01:00.2", "00:01.0", PCIE_TO_PCI));
    add_conventional("02:00.0", "01:00.0");
    add_conventional("03:00.0", "01:00.2");
    compute();
    assert_true(tied("02:00.0", "03:00.0"));
    assert_false(one_id("02:00.0", "03:00.0"));
}

/* PCIe again below conventional PCI: the requester id is lost there, too. */
static void test_pcie_below_pci(void **state)
{
    (void)state;
    add_conventional("00:1e.0", NULL);
    add("01:00.0", "00:1e.0", PCI_TO_PCIE);
    add("02:00.0", "01:00.0", PCIE_UPSTREAM);
    with_acs(add("03:00.0", "02:00.0", PCIE_DOWNSTREAM));
    with_acs(add("03:01.0", "02:00.0", PCIE_DOWNSTREAM));
    add("04:00.0", "03:00.0", PCIE_ENDPOINT);
    add("05:00.0", "03:01.0", PCIE_ENDPOINT);
    compute();
    assert_true(one_id("04:00.0", "05:00.0"));
    assert_edge("04:00.0", "0000:01:00.0", EDGE_SAME_REQUESTER, "0000:01:00.0");
}

static void test_vmd(void **state)
{
    static const char *const behind[] = { "10000:e0:06.0", "10000:e1:00.0" };

    (void)state;
    add("00:0e.0", NULL, PCIE_RC_ENDPOINT);
    with_acs(add("10000:e0:06.0", NULL, PCIE_ROOT_PORT));
    add("10000:e1:00.0", "10000:e0:06.0", PCIE_ENDPOINT);
    for (size_t i = 0; i < 2; i++) {
        fns[i + 1].proxied = true;
        fns[i + 1].dma_by = bdf("00:0e.0");
    }
    compute();
    for (size_t i = 0; i < 2; i++) {
        assert_true(one_id("00:0e.0", behind[i]));
        assert_edge(behind[i], "0000:00:0e.0", EDGE_SAME_REQUESTER, "0000:00:0e.0");
    }
}

/* Some ports report the wrong type (drivers/pci/probe.c set_pcie_port_type()). */
static void test_ports_that_are_wrong(void **state)
{
    (void)state;
    with_acs(add("00:01.0", NULL, PCIE_ROOT_PORT));
    add("01:00.0", "00:01.0", PCIE_DOWNSTREAM);  /* in truth upstream: needs no ACS */
    with_acs(add("02:00.0", "01:00.0", PCIE_DOWNSTREAM));
    add("02:01.0", "01:00.0", PCIE_UPSTREAM);    /* in truth downstream: needs it */
    add("03:00.0", "02:00.0", PCIE_ENDPOINT);
    add("04:00.0", "02:01.0", PCIE_ENDPOINT);
    compute();
    assert_false(tied("03:00.0", "02:00.0"));
    assert_true(tied("04:00.0", "02:01.0"));
}

/* Functions below a missing bridge share an id; a port is tied only to what is below it. */
static void test_missing_bridge(void **state)
{
    (void)state;
    add("05:00.0", "00:1c.7", PCIE_ENDPOINT);
    add("05:01.0", "00:1c.7", PCIE_ENDPOINT);
    add("06:00.0", "00:1c.6", PCIE_DOWNSTREAM);
    add("07:00.0", "06:00.0", PCIE_ENDPOINT);
    compute();
    assert_true(one_id("05:00.0", "05:01.0"));
    assert_false(tied("05:00.0", "06:00.0"));
    assert_true(tied("06:00.0", "07:00.0"));
    assert_edge("05:01.0", "0000:05:00.0", EDGE_UNKNOWN_ABOVE, "0000:05:01.0");
}

static void test_loops(void **state)
{
    (void)state;
    with_acs(add("01:00.0", "03:00.0", PCIE_ROOT_PORT));
    with_acs(add("02:00.0", "01:00.0", PCIE_ROOT_PORT));
    with_acs(add("03:00.0", "02:00.0", PCIE_ROOT_PORT));
    add("04:00.0", "03:00.0", PCIE_ENDPOINT);
    with_acs(add("05:00.0", "05:00.0", PCIE_ROOT_PORT));
    compute();
    assert_true(tied("01:00.0", "02:00.0"));
    assert_true(tied("03:00.0", "04:00.0"));
    assert_true(tied("01:00.0", "04:00.0"));
    assert_false(tied("05:00.0", "01:00.0"));
}

static void test_out_of_order(void **state)
{
    struct err e;

    (void)state;
    add("02:00.0", NULL, PCIE_ENDPOINT);
    add("01:00.0", NULL, PCIE_ENDPOINT);
    assert_true(topology_compute(&host, fns, n, &topology, &e) < 0);
    fns[1].bdf = fns[0].bdf;
    assert_true(topology_compute(&host, fns, n, &topology, &e) < 0);
    assert_int_equal(e.code, XV_FAILED);
}

static uint32_t seed;

static unsigned draw(unsigned below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static void draw_fn(struct topology_fn *fn, size_t i, size_t count)
{
    static const uint16_t ids[][2] = {
        { 0x1af4, 1 }, { 0x8086, 0x1521 }, { 0x8086, 0x1c10 }, { 0x1b4b, 0x9230 },
        { 0x10b5, 0x87b0 }, { 0x8086, 0x2954 }, { 0x1180, 0xe832 }, { 0x14e4, 0x9000 },
        { 0x8088, 9 }, { 0x1d17, 0x0710 },
    };
    const uint16_t *id = ids[draw(3) ? 0 : draw(sizeof(ids) / sizeof(*ids))];

    memset(fn, 0, sizeof(*fn));
    fn->bdf = (struct bdf){ i * 8 / count > 6 ? 0x10000 : 0, (uint8_t)(i / 12),
                            (uint8_t)(i % 12 / 3), (uint8_t)(i % 3) };
    fn->above = (enum topology_above)draw(3);
    fn->parent = fns[draw((unsigned)count)].bdf;
    fn->vf = !draw(6);
    fn->proxied = fn->bdf.segment && draw(4);
    fn->dma_by = fns[draw((unsigned)count)].bdf;
    fn->vendor = id[0];
    fn->device = id[1];
    fn->multifunction = draw(2);
    fn->pcie = draw(4);
    fn->pcie_type = (uint8_t)draw(draw(5) ? 11 : 256);
    fn->acs = (enum topology_acs)draw(3);
    fn->pch_rcba = draw(2);
}

/*
 * For any claims of the functions: sets are named by their lowest member, one
 * requester id means one group, and the edges are just what connects a group.
 */
static void test_laws(void **state)
{
    (void)state;
    for (uint32_t round = 1; round <= 3000; round++) {
        uint32_t set[MAX];
        struct err e;

        seed = round * 2654435761u;
        n = 1 + draw(MAX);
        for (int pass = 0; pass < 2; pass++) /* so that parents are among them */
            for (size_t i = 0; i < n; i++)
                draw_fn(&fns[i], i, n);
        host.amd_iommu = draw(2);
        if (topology_compute(&host, fns, n, &topology, &e))
            fail_msg("round %u: %s", round, e.message);
        for (uint32_t i = 0; i < n; i++) {
            assert_true(topology.group[i] <= i && topology.requester[i] <= i);
            assert_int_equal(topology.group[topology.group[i]], topology.group[i]);
            assert_int_equal(topology.group[topology.requester[i]], topology.group[i]);
            set[i] = i;
        }
        for (size_t k = 0; k < topology.n_edges; k++) {
            const struct topology_edge *edge = &topology.edges[k];
            uint32_t low, high;

            assert_true(edge->from < n && edge->to < n && edge->culprit < n);
            low = set[edge->from] < set[edge->to] ? set[edge->from] : set[edge->to];
            high = set[edge->from] < set[edge->to] ? set[edge->to] : set[edge->from];
            for (size_t i = 0; i < n; i++)
                if (set[i] == high)
                    set[i] = low;
        }
        assert_memory_equal(set, topology.group, n * sizeof(*set));
        topology_clear(&topology);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_empty),
        TEST(test_conventional_bus),
        TEST(test_bridges_behind_bridges),
        TEST(test_path_without_acs),
        TEST(test_culprit_is_the_port_above),
        TEST(test_functions_of_a_device),
        TEST(test_known_to_isolate),
        TEST(test_integrated_endpoints),
        TEST(test_pch_root_ports),
        TEST(test_spt_root_ports),
        TEST(test_amd_southbridge),
        TEST(test_dma_aliases),
        TEST(test_virtual_functions),
        TEST(test_virtual_functions_without_acs),
        TEST(test_bridges_of_one_device),
        TEST(test_pcie_below_pci),
        TEST(test_vmd),
        TEST(test_ports_that_are_wrong),
        TEST(test_missing_bridge),
        TEST(test_loops),
        TEST(test_out_of_order),
        TEST(test_laws),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

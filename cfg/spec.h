/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PCI SPEC, xl-pci-configuration(5): `BDF[@VSLOT][,key=value]...`, or only
 * `key=value,...` with `bdf=` or `name=`.
 *
 * Two readers: spec_read() reads text in a file as xl reads it, and notes surprises.  spec_parse()
 * reads what a person types now, and accepts only what xl accepts with one meaning.  The rules are
 * those of xlu_pci_parse_spec_string() in tools/libs/util/libxlu_pci.c, Xen 4.17.
 */
#ifndef XVTD_CFG_SPEC_H
#define XVTD_CFG_SPEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bdf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "cfg/note.h"

/* A yes-or-no key.  Unset: the cfg's pci_permissive and so on apply. */
enum spec_switch { SPEC_UNSET, SPEC_OFF, SPEC_ON };

enum rdm_policy { RDM_UNSET, RDM_STRICT, RDM_RELAXED };

/* A key and its value as they were written. */
struct spec_pair {
    char *key;
    char *value;
};

struct spec {
    bool has_bdf;           /* false: the device is given by its name */
    struct bdf_pattern bdf; /* valid when has_bdf */
    char *name;             /* of `name=`; NULL when has_bdf; owned */
    unsigned vslot;         /* 1 to VSLOT_MAX, 0: automatic */
    enum spec_switch permissive;
    enum spec_switch msitranslate;
    enum spec_switch power_mgmt;
    enum spec_switch seize;
    enum rdm_policy rdm_policy;
    struct spec_pair *pairs; /* every key=value, known or not, in order; owned */
    size_t n_pairs;
};

/*
 * Parses what a person typed.  Accepts `[DDDD:]BB:SS.F`, the xm form `D:B:S.F` and
 * `.*`, also as `bdf=`; `name=` instead of a bdf; `@VSLOT` or `vslot=`; and the keys
 * permissive, msitranslate, power_mgmt, seize (0 or 1) and rdm_policy (strict or
 * relaxed), each at most once.
 *
 * Refuses what xl refuses: blanks, vslot over 1f, segment over ffff, unknown keys, bdf and name
 * together.  Refuses what xl reads differently than it looks: `@0`, `permissive=yes`, a repeated
 * key, text after a value that xl skips.  The hint has the form to write when there is one.
 *
 * *ret is written only on success; free it with spec_clear().  Errors: XV_USAGE.
 */
int spec_parse(const char *text, struct spec *ret, struct err *e);

/*
 * Reads an item of a cfg's list as xl does.  When xl accepts it, *accepted is true and *ret is xl's
 * reading (the last of a repeated key, `permissive=yes` as off).  Else *ret has the parts that could
 * be read.  Unknown keys are noted and kept in pairs.  Each trap becomes a note whose offset counts
 * from text, without a fix; spec_mend() makes those.  Returns 0 or -ENOMEM; call spec_clear() in any
 * case.
 */
int spec_read(const char *text, struct spec *ret, bool *accepted, struct notes *notes);

/*
 * The text that the writer of a trap must have meant.  NULL when there are several or none, when
 * text has no trap, or when memory is short.  spec_parse() accepts the result.
 */
char *spec_mend(const char *text);

/* On or off in people's words ("yes", "False", "2"); SPEC_UNSET for any other word. */
enum spec_switch spec_switch_meant(const char *value);

/*
 * Writes a SPEC that xl reads as *spec.  full_bdf: with the segment even when it is 0.  Known keys
 * come first, in the order of xl's manual, then unknown ones.  NULL when out of memory.
 */
char *spec_format(const struct spec *spec, bool full_bdf);

/*
 * The function or pattern, "0000:02:00.*", for messages and JSON; the name when there
 * is no bdf.  The text lives as long as *spec and buf (BDF_TEXT_MAX bytes).
 */
const char *spec_device(const struct spec *spec, char *buf);

/* True when both cover a common function or have the same name. */
bool spec_overlap(const struct spec *a, const struct spec *b);

/* True when both name exactly the same function, slot or name. */
bool spec_same_device(const struct spec *a, const struct spec *b);

/* True when `there` has the same value for every key that `asked` sets. */
bool spec_satisfies(const struct spec *there, const struct spec *asked);

/* Deep copy; returns 0 or -ENOMEM. */
int spec_copy(struct spec *ret, const struct spec *spec);

void spec_clear(struct spec *spec);

#define AUTO_SPEC CLEANUP(spec_clear)

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PCI SPEC, xl-pci-configuration(5): `BDF[@VSLOT][,key=value]...`, or only
 * `key=value,...` with `bdf=` or `name=`.
 *
 * Two readers: spec_read() reads what stands in a file as xl reads it, surprises
 * included, and notes them; spec_parse() takes what a person types now, and
 * accepts only what xl accepts with one meaning.  The rules are those of
 * xlu_pci_parse_spec_string() in tools/libs/util/libxlu_pci.c, Xen 4.17.
 */
#ifndef XVTD_CFG_SPEC_H
#define XVTD_CFG_SPEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bdf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "cfg/note.h"

/* A yes-or-no key; where it is not given, the cfg's pci_permissive and so on count. */
enum spec_switch { SPEC_UNSET, SPEC_OFF, SPEC_ON };

enum rdm_policy { RDM_UNSET, RDM_STRICT, RDM_RELAXED };

/* A key and its value as they were written. */
struct spec_pair {
    char *key;
    char *value;
};

struct spec {
    bool has_bdf;           /* false: the device is known by its name alone */
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
 * Refused, with a hint that holds the form to write where there is one: whatever xl
 * refuses (blanks, vslot over 1f, segment over ffff, unknown keys, bdf and name
 * together), and what xl takes for something else than it looks like (`@0`,
 * `permissive=yes`, a repeated key, text after a value that xl skips).
 *
 * *ret is written only on success, then spec_clear().  Errors: XV_USAGE.
 */
int spec_parse(const char *text, struct spec *ret, struct err *e);

/*
 * Reads an item of a cfg's list as xl does.  *accepted: xl takes it; *ret then
 * holds what xl makes of it (the last of a repeated key, `permissive=yes` as off), and
 * else as much as could be read.  Unknown keys are noted and kept in pairs.  Each trap
 * becomes a note whose offset counts from text; the notes have no fix, see
 * spec_mend().  Returns 0 or -ENOMEM; *ret is always to be cleared.
 */
int spec_read(const char *text, struct spec *ret, bool *accepted, struct notes *notes);

/*
 * The one text that the writer of a trap can have meant, or NULL when there is none
 * (or text has no trap, or memory is short).  What it returns passes spec_parse().
 */
char *spec_mend(const char *text);

/* What people write for on and off ("yes", "False", "2"); SPEC_UNSET for any other word. */
enum spec_switch spec_switch_meant(const char *value);

/*
 * Writes a SPEC that xl reads as *spec.  full_bdf: with the segment also where it
 * is 0.  NULL when out of memory.  Known keys come in the order of xl's manual, after
 * them the unknown ones.
 */
char *spec_format(const struct spec *spec, bool full_bdf);

/*
 * The function or pattern, "0000:02:00.*", for messages and JSON; the name when there
 * is no bdf.  The text lives as long as *spec and buf (BDF_TEXT_MAX bytes).
 */
const char *spec_device(const struct spec *spec, char *buf);

/* True when both name a common function (a pattern: any of its slot), or one name. */
bool spec_overlap(const struct spec *a, const struct spec *b);

/* True when both name exactly the same function, slot or name. */
bool spec_same_device(const struct spec *a, const struct spec *b);

/* True when every key that `asked` sets is set so in `there`. */
bool spec_satisfies(const struct spec *there, const struct spec *asked);

/* Deep copy; returns 0 or -ENOMEM. */
int spec_copy(struct spec *ret, const struct spec *spec);

void spec_clear(struct spec *spec);

#define AUTO_SPEC CLEANUP(spec_clear)

#endif

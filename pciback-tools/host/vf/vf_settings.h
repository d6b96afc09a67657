/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of a NIC's virtual function that its physical function enforces, as words:
 *
 *   mac=52:54:00:12:34:56 vlan=100 trust=on spoofchk=off rate=1000
 *
 * vlan is 0 (none) to 4094; rate is the most that it sends, in Mbit/s, 0 for no limit
 * (ip-link(8), "vf NUM").  Pure.
 */
#ifndef XVTD_VF_SETTINGS_H
#define XVTD_VF_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum vf_setting {
    VF_MAC = 1u << 0,
    VF_VLAN = 1u << 1,
    VF_TRUST = 1u << 2,
    VF_SPOOFCHK = 1u << 3,
    VF_RATE = 1u << 4,
    VF_SETTINGS_END = 1u << 5,
};

struct vf_settings {
    unsigned has;               /* the settings that have a value, bits of enum vf_setting */
    uint8_t mac[6];
    uint16_t vlan;
    bool trust, spoofchk;
    uint32_t rate;
};

#define VF_SETTINGS_TEXT_MAX 96

/* Does the word begin with the name of a setting and "="? */
bool vf_settings_word(const char *word);

/* Adds one word to s.  Errors: XV_USAGE for a malformed value, or a setting given twice. */
int vf_settings_add(struct vf_settings *s, const char *word, struct err *e);

/* Reads words with blanks between them.  Errors: XV_USAGE. */
int vf_settings_parse(const char *text, struct vf_settings *ret, struct err *e);

/* Both for values that a driver had: any MAC address is one, zeros too. */
int vf_settings_add_former(struct vf_settings *s, const char *word, struct err *e);
int vf_settings_parse_former(const char *text, struct vf_settings *ret, struct err *e);

/* Writes them as words, "" for none. */
void vf_settings_format(const struct vf_settings *s, char buf[VF_SETTINGS_TEXT_MAX]);

/* A text for messages that lives as long as the enclosing block. */
#define VF_SETTINGS_STR(s) vf_settings_text((s), (char[VF_SETTINGS_TEXT_MAX]){ "" })
const char *vf_settings_text(const struct vf_settings *s, char buf[VF_SETTINGS_TEXT_MAX]);

/* Adds those of `more`; its values replace others. */
void vf_settings_over(struct vf_settings *s, const struct vf_settings *more);

/* Leaves those of the mask alone. */
struct vf_settings vf_settings_only(const struct vf_settings *s, unsigned mask);

/* The settings of `want` that `is` lacks, or has with another value. */
unsigned vf_settings_differ(const struct vf_settings *want, const struct vf_settings *is);

/* Refuses one MAC address for two functions.  Errors: XV_USAGE. */
int vf_settings_apart(const struct vf_settings *a, const struct vf_settings *b, struct err *e);

#endif

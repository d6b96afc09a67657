/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vf/vf_settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define VLAN_MAX 4094u  /* IEEE 802.1Q reserves 4095 */

#define MAC_FORMAT "%02x:%02x:%02x:%02x:%02x:%02x"
#define MAC_ARGS(m) (m)[0], (m)[1], (m)[2], (m)[3], (m)[4], (m)[5]

static bool read_mac(const char *text, struct vf_settings *s)
{
    unsigned b[6];
    int end = 0;

    if (strlen(text) != 17 || strspn(text, "0123456789abcdefABCDEF:") != 17 ||
        sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
               &end) != 6 || end != 17)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(b); i++)
        s->mac[i] = (uint8_t)b[i];
    return true;
}

static bool read_number(const char *text, unsigned long max, uint32_t *ret)
{
    unsigned long n;
    char *end;

    errno = 0;
    n = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || n > max)
        return false;
    *ret = (uint32_t)n;
    return true;
}

static bool read_vlan(const char *text, struct vf_settings *s)
{
    uint32_t n;

    if (!read_number(text, VLAN_MAX, &n))
        return false;
    s->vlan = (uint16_t)n;
    return true;
}

static bool read_rate(const char *text, struct vf_settings *s)
{
    return read_number(text, UINT32_MAX, &s->rate);
}

static bool read_switch(const char *text, bool *ret)
{
    *ret = !strcmp(text, "on");
    return *ret || !strcmp(text, "off");
}

static bool read_trust(const char *text, struct vf_settings *s)
{
    return read_switch(text, &s->trust);
}

static bool read_spoofchk(const char *text, struct vf_settings *s)
{
    return read_switch(text, &s->spoofchk);
}

static const struct setting {
    enum vf_setting bit;
    const char *key;
    bool (*read)(const char *text, struct vf_settings *s);
    const char *expected;
} settings[] = {
    { VF_MAC, "mac=", read_mac, "a MAC address like 52:54:00:12:34:56" },
    { VF_VLAN, "vlan=", read_vlan, "a VLAN from 1 to 4094, or 0 for none" },
    { VF_TRUST, "trust=", read_trust, "on or off" },
    { VF_SPOOFCHK, "spoofchk=", read_spoofchk, "on or off" },
    { VF_RATE, "rate=", read_rate, "a number of Mbit/s, 0 for no limit" },
};

static const struct setting *find(const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (!strncmp(word, settings[i].key, strlen(settings[i].key)))
            return &settings[i];
    return NULL;
}

bool vf_settings_word(const char *word)
{
    return find(word) != NULL;
}

/* The kernel takes a unicast address alone (is_valid_ether_addr()). */
static int check_mac(const struct vf_settings *s, const char *word, struct err *e)
{
    static const uint8_t none[6];

    if (s->mac[0] & 1)
        return err_set(e, XV_USAGE, EINVAL, "%s: a device cannot have a multicast address", word);
    if (!memcmp(s->mac, none, sizeof(none)))
        return err_set(e, XV_USAGE, EINVAL, "%s: a device cannot have the address of zeros", word);
    return 0;
}

static int add_word(struct vf_settings *s, const char *word, bool former, struct err *e)
{
    const struct setting *setting = find(word);
    struct vf_settings with = *s;
    int r;

    if (!setting)
        return err_set(e, XV_USAGE, EINVAL, "%s: expected mac=, vlan=, trust=, spoofchk= or rate=",
                       word);
    if (s->has & setting->bit)
        return err_set(e, XV_USAGE, EINVAL, "%s: this setting is given twice", word);
    if (!setting->read(word + strlen(setting->key), &with))
        return err_set(e, XV_USAGE, EINVAL, "%s: expected %s", word, setting->expected);
    r = setting->bit == VF_MAC && !former ? check_mac(&with, word, e) : 0;
    if (r) {
        err_hint(e, "an address of your own: mac=52:54:00 and three bytes of your choice");
        return r;
    }
    with.has |= setting->bit;
    *s = with;
    return 0;
}

int vf_settings_add(struct vf_settings *s, const char *word, struct err *e)
{
    return add_word(s, word, false, e);
}

int vf_settings_add_former(struct vf_settings *s, const char *word, struct err *e)
{
    return add_word(s, word, true, e);
}

static int parse(const char *text, bool former, struct vf_settings *ret, struct err *e)
{
    AUTO_FREE char *copy = strdup(text);
    struct vf_settings s = { .has = 0 };
    char *save = NULL;

    if (!copy)
        return err_nomem(e);
    for (char *word = strtok_r(copy, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
        int r = add_word(&s, word, former, e);

        if (r)
            return r;
    }
    *ret = s;
    return 0;
}

int vf_settings_parse(const char *text, struct vf_settings *ret, struct err *e)
{
    return parse(text, false, ret, e);
}

int vf_settings_parse_former(const char *text, struct vf_settings *ret, struct err *e)
{
    return parse(text, true, ret, e);
}

void vf_settings_format(const struct vf_settings *s, char buf[VF_SETTINGS_TEXT_MAX])
{
    char values[ARRAY_LEN(settings)][24];
    size_t len = 0;

    snprintf(values[0], sizeof(values[0]), MAC_FORMAT, MAC_ARGS(s->mac));
    snprintf(values[1], sizeof(values[1]), "%u", s->vlan);
    snprintf(values[2], sizeof(values[2]), "%s", s->trust ? "on" : "off");
    snprintf(values[3], sizeof(values[3]), "%s", s->spoofchk ? "on" : "off");
    snprintf(values[4], sizeof(values[4]), "%u", s->rate);
    *buf = '\0';
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (s->has & settings[i].bit)
            len += (size_t)snprintf(buf + len, VF_SETTINGS_TEXT_MAX - len, "%s%s%s",
                                    len ? " " : "", settings[i].key, values[i]);
}

const char *vf_settings_text(const struct vf_settings *s, char buf[VF_SETTINGS_TEXT_MAX])
{
    vf_settings_format(s, buf);
    return buf;
}

void vf_settings_over(struct vf_settings *s, const struct vf_settings *more)
{
    if (more->has & VF_MAC)
        memcpy(s->mac, more->mac, sizeof(s->mac));
    if (more->has & VF_VLAN)
        s->vlan = more->vlan;
    if (more->has & VF_TRUST)
        s->trust = more->trust;
    if (more->has & VF_SPOOFCHK)
        s->spoofchk = more->spoofchk;
    if (more->has & VF_RATE)
        s->rate = more->rate;
    s->has |= more->has;
}

struct vf_settings vf_settings_only(const struct vf_settings *s, unsigned mask)
{
    struct vf_settings only = *s;

    only.has &= mask;
    return only;
}

unsigned vf_settings_differ(const struct vf_settings *want, const struct vf_settings *is)
{
    unsigned same = 0;

    if (!memcmp(want->mac, is->mac, sizeof(want->mac)))
        same |= VF_MAC;
    if (want->vlan == is->vlan)
        same |= VF_VLAN;
    if (want->trust == is->trust)
        same |= VF_TRUST;
    if (want->spoofchk == is->spoofchk)
        same |= VF_SPOOFCHK;
    if (want->rate == is->rate)
        same |= VF_RATE;
    return want->has & ~(same & is->has);
}

int vf_settings_apart(const struct vf_settings *a, const struct vf_settings *b, struct err *e)
{
    if (!(a->has & b->has & VF_MAC) || memcmp(a->mac, b->mac, sizeof(a->mac)))
        return 0;
    return err_set(e, XV_USAGE, EINVAL, "mac=" MAC_FORMAT ": two devices have this address",
                   MAC_ARGS(a->mac));
}

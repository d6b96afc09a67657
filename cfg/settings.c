/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cfg/settings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum mode { MODE_DEFAULT, MODE_DISABLED, MODE_ENABLED, MODE_SYNC, MODE_SHARE, MODE_UNKNOWN };

static const char *const modes[] = {
    [MODE_DEFAULT] = "default", [MODE_DISABLED] = "disabled", [MODE_ENABLED] = "enabled",
    [MODE_SYNC] = "sync_pt", [MODE_SHARE] = "share_pt",
};

/* QEMU's igd-passthru machine puts Intel's GPU into this slot. */
#define IGD_VSLOT 2

struct settings {
    const struct doc *doc;
    const struct spec *specs;
    size_t n;
    struct notes *notes;
    enum cfg_type type;
    char *passthrough;  /* NULL when it is missing or a list */
    enum mode mode;
};

/* xl compares only as many characters as the value has: "h" and "" also mean hvm. */
static bool begins(const char *value, const char *word)
{
    return !strncmp(value, word, strlen(value));
}

static enum cfg_type type_of(const char *type)
{
    return begins(type, "hvm")   ? CFG_TYPE_HVM
           : begins(type, "pv")  ? CFG_TYPE_PV
           : begins(type, "pvh") ? CFG_TYPE_PVH
                                 : CFG_TYPE_REFUSED;
}

enum cfg_type cfg_type(const struct doc *doc)
{
    AUTO_FREE char *type = doc_string(doc, "type"), *builder = doc_string(doc, "builder");
    enum cfg_type given = type ? type_of(type) : CFG_TYPE_PV, built;

    if (!builder)
        return given;
    built = begins(builder, "hvm")       ? CFG_TYPE_HVM
            : begins(builder, "generic") ? CFG_TYPE_PV
                                         : CFG_TYPE_REFUSED;
    return type && given != built ? CFG_TYPE_REFUSED : built;
}

static bool is_number(const char *value, long *ret)
{
    char *end;

    *ret = strtol(value, &end, 0);
    return end != value && !*end;
}

static bool is_igd(const struct spec *spec)
{
    return spec->has_bdf && !spec->bdf.bdf.segment && !spec->bdf.bdf.bus &&
           spec->bdf.bdf.slot == 2 && (spec->bdf.all || !spec->bdf.bdf.func);
}

bool cfg_keeps_igd_slot(const struct doc *doc, const struct spec *spec)
{
    AUTO_FREE char *value = doc_string(doc, "gfx_passthru");
    long number;

    if (!value || spec->vslot != IGD_VSLOT || !is_igd(spec) || cfg_type(doc) != CFG_TYPE_HVM)
        return false;
    return is_number(value, &number) ? number != 0
                                     : !strcasecmp(value, "igd") || !strcasecmp(value, "default");
}

/* Adds a note on the key of a setting. */
__attribute__((format(printf, 5, 6)))
static int note(const struct settings *s, const char *key, const char *kind,
                enum severity severity, const char *fmt, ...)
{
    const struct doc_stmt *stmt = doc_find(s->doc, key);
    const struct token *t = &s->doc->tokens[stmt ? stmt->key : 0];
    AUTO_FREE char *message = NULL;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&message, fmt, ap);
    va_end(ap);
    if (n < 0) {
        message = NULL;
        return -ENOMEM;
    }
    return notes_add(s->notes, kind, severity, t->start, t->end - t->start, "%s", message);
}

/* Fixes the last note with the value that was meant. */
static int fix_value(const struct settings *s, const char *key, const char *text)
{
    const struct doc_stmt *stmt = doc_find(s->doc, key);
    const struct token *t = &s->doc->tokens[stmt->value];

    if (stmt->kind != VALUE_STRING || s->doc->tokens[stmt->op].kind != TOK_ASSIGN)
        return 0;
    return notes_fix_at(s->notes, text, t->start, t->end - t->start);
}

static int check_type(const struct settings *s)
{
    AUTO_FREE char *type = doc_string(s->doc, "type"), *builder = doc_string(s->doc, "builder");

    if (s->type != CFG_TYPE_REFUSED)
        return 0;
    if (type && type_of(type) == CFG_TYPE_REFUSED)
        return note(s, "type", "type", SEVERITY_ERROR,
                    "xl knows no type '%s': it is hvm, pv or pvh", type);
    if (type)
        return note(s, "builder", "type", SEVERITY_ERROR, "xl refuses a builder that contradicts "
                    "type = \"%s\"", type);
    return note(s, "builder", "type", SEVERITY_ERROR,
                "xl knows no builder '%s': type = \"hvm\", \"pv\" or \"pvh\"", builder);
}

static int check_word(const struct settings *s)
{
    enum spec_switch meant = spec_switch_meant(s->passthrough);

    if (note(s, "passthrough", "passthrough-word", SEVERITY_ERROR, "xl knows no passthrough "
             "'%s': it is enabled, disabled, sync_pt or share_pt", s->passthrough))
        return -ENOMEM;
    if (meant == SPEC_ON)
        return fix_value(s, "passthrough", "\"enabled\"");
    return meant == SPEC_OFF && !s->n ? fix_value(s, "passthrough", "\"disabled\"") : 0;
}

/* Checks for a passthrough mode that libxl refuses for this type of guest. */
static int check_mode(const struct settings *s)
{
    bool devices = s->n > 0;

    if (s->mode == MODE_DISABLED && devices)
        return note(s, "passthrough", "passthrough-disabled", SEVERITY_ERROR,
                    "passthrough is disabled, and devices are listed: libxl refuses that");
    if (s->mode == MODE_DISABLED || (s->mode == MODE_DEFAULT && !devices))
        return 0;
    if (s->type == CFG_TYPE_PVH)
        return note(s, devices ? "type" : "passthrough", "pvh", SEVERITY_ERROR,
                    "libxl gives no devices and no IOMMU to PVH guests on x86");
    if (s->mode != MODE_SHARE)
        return 0;
    if (s->type == CFG_TYPE_PV)
        return note(s, "passthrough", "passthrough-mode", SEVERITY_ERROR,
                    "libxl refuses share_pt for a PV guest");
    if (!doc_number(s->doc, "hap", 1))
        return note(s, "passthrough", "passthrough-mode", SEVERITY_ERROR,
                    "libxl refuses share_pt for a guest with hap = 0");
    return 0;
}

static int check_passthrough(const struct settings *s)
{
    const struct doc_stmt *stmt = doc_find(s->doc, "passthrough");

    if (stmt && stmt->kind == VALUE_LIST &&
        note(s, "passthrough", "ignored-setting", SEVERITY_WARNING,
             "passthrough is a list: xl ignores it"))
        return -ENOMEM;
    if (s->mode == MODE_UNKNOWN)
        return check_word(s);
    if (check_mode(s))
        return -ENOMEM;
    if (!s->n || s->mode != MODE_DEFAULT || s->type == CFG_TYPE_PVH ||
        s->type == CFG_TYPE_REFUSED)
        return 0;
    return note(s, "pci", "no-passthrough", SEVERITY_WARNING,
                "once the guest reboots or migrates without its devices, it has no IOMMU and "
                "cannot get them back: add passthrough = \"enabled\"");
}

static int check_memory(const struct settings *s)
{
    long memory = doc_number(s->doc, "memory", 0), maxmem = doc_number(s->doc, "maxmem", 0);
    bool iommu = s->mode == MODE_DEFAULT ? s->n > 0 : s->mode != MODE_DISABLED;

    if (s->type == CFG_TYPE_PV || !iommu || !memory || maxmem <= memory)
        return 0;
    return note(s, "maxmem", "populate-on-demand", SEVERITY_ERROR, "maxmem over memory means "
                "populate-on-demand, which libxl refuses for a guest with %s",
                s->n ? "devices" : "passthrough enabled");
}

/* Checks gfx_passthru for the QEMU that libxl starts; qemu-xen-traditional took any card. */
static int check_gfx(const struct settings *s)
{
    AUTO_FREE char *value = doc_string(s->doc, "gfx_passthru");
    AUTO_FREE char *version = doc_string(s->doc, "device_model_version");
    long number = 1;

    if (!value || s->type != CFG_TYPE_HVM || (version && strstr(version, "traditional")))
        return 0;
    if (!is_number(value, &number) && strcasecmp(value, "igd") && strcasecmp(value, "default"))
        return note(s, "gfx_passthru", "gfx-passthru", SEVERITY_ERROR, "xl knows no gfx_passthru "
                    "'%s': it is 0, 1 or \"igd\"; GPUs other than Intel's need none", value);
    if (!number)
        return 0;
    for (size_t i = 0; i < s->n; i++)
        if (is_igd(&s->specs[i]))
            return 0;
    return note(s, "gfx_passthru", "gfx-passthru",
                s->n || !strcasecmp(value, "igd") ? SEVERITY_WARNING : SEVERITY_ERROR,
                "gfx_passthru is for Intel's integrated GPU, 00:02.0, which is not in the list; "
                "other GPUs do not need it, and with 1 libxl refuses the guest");
}

/* pci_permissive = "yes": xl expects a number and goes on with 0. */
static int check_defaults(const struct settings *s)
{
    static const char *const keys[] = { "pci_permissive", "pci_msitranslate", "pci_power_mgmt",
                                        "pci_seize" };

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        AUTO_FREE char *value = doc_string(s->doc, keys[i]);
        enum spec_switch meant;
        long number;

        if (!value || is_number(value, &number))
            continue;
        meant = spec_switch_meant(value);
        if (note(s, keys[i], "not-boolean", SEVERITY_WARNING, "xl reads a number here: with '%s' "
                 "%s stays 0", value, keys[i]) ||
            (meant != SPEC_UNSET && fix_value(s, keys[i], meant == SPEC_ON ? "1" : "0")))
            return -ENOMEM;
    }
    return 0;
}

static int check_ignored(const struct settings *s)
{
    static const struct {
        const char *key, *instead;
    } ignored[] = {
        { "permissive", "pci_permissive = 1, or ',permissive=1' in an item" },
        { "msitranslate", "pci_msitranslate = 1, or ',msitranslate=1' in an item" },
        { "power_mgmt", "pci_power_mgmt = 1, or ',power_mgmt=1' in an item" },
        { "seize", "pci_seize = 1, or ',seize=1' in an item" },
        { "rdm_policy", "',rdm_policy=relaxed' in an item" },
        { "romfile", "libxl hands no ROM file to QEMU" },
    };
    AUTO_FREE char *rdm = doc_string(s->doc, "rdm");

    if (rdm && note(s, "rdm", "rdm-ignored", SEVERITY_WARNING,
                    "xl ignores this since 4.15; rdm_policy= of each device works"))
        return -ENOMEM;
    for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
        if (doc_find(s->doc, ignored[i].key) &&
            note(s, ignored[i].key, "ignored-setting", SEVERITY_WARNING,
                 "xl has no setting %s and ignores it: %s", ignored[i].key, ignored[i].instead))
            return -ENOMEM;
    return 0;
}

int settings_check(const struct doc *doc, const struct spec *specs, size_t n,
                   struct notes *notes)
{
    AUTO_FREE char *passthrough = doc_string(doc, "passthrough");
    struct settings s = { .doc = doc, .specs = specs, .n = n, .notes = notes,
                          .type = cfg_type(doc), .passthrough = passthrough };

    while (passthrough && s.mode < MODE_UNKNOWN && strcasecmp(passthrough, modes[s.mode]))
        s.mode++;
    return check_type(&s) || check_passthrough(&s) || check_memory(&s) || check_gfx(&s) ||
           check_defaults(&s) || check_ignored(&s) ? -ENOMEM : 0;
}

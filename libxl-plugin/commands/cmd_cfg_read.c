/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cfg list, cfg check: print the pci lists of xl cfgs, and their mistakes. */
#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/out.h"
#include "base/table.h"
#include "cfg/cfg_check.h"
#include "cfg/file.h"
#include "commands/cmd_cfg_host.h"
#include "session/xvtd.h"

enum { O_FIX = 1 };

static const struct cli_option check_options[] = {
    { O_FIX, 0, "fix", CLI_NO_ARG, NULL, "correct mistakes that have only one possible meaning" },
    { 0 },
};

static const char *severity_name(enum severity severity)
{
    return severity == SEVERITY_ERROR ? "error" : "warning";
}

/* The spec's keys that have no column of their own; for a repeated key the last one. */
static bool option_shown(const struct spec *spec, size_t i)
{
    const char *key = spec->pairs[i].key;

    if (!strcmp(key, "bdf") || !strcmp(key, "vslot"))
        return false;
    for (size_t j = i + 1; j < spec->n_pairs; j++)
        if (!strcmp(key, spec->pairs[j].key))
            return false;
    return true;
}

static void item_json(struct json *json, const struct check_cfg *cfg, size_t i)
{
    const struct doc_item *item = doc_item(cfg->doc, i);
    const struct spec *spec = &cfg->specs[i];
    char device[BDF_TEXT_MAX];
    size_t line, column;

    doc_position(cfg->doc, item->start, &line, &column);
    json_object(json, NULL);
    json_str(json, "spec", item->value);
    json_str(json, "bdf", spec->has_bdf ? spec_device(spec, device) : NULL);
    if (spec->vslot)
        json_strf(json, "vslot", "0x%02x", spec->vslot);
    else
        json_null(json, "vslot");
    json_object(json, "options");
    for (size_t j = 0; j < spec->n_pairs; j++)
        if (option_shown(spec, j)) {
            AUTO_FREE char *key = strdup(spec->pairs[j].key);

            for (char *p = key; p && *p; p++)
                *p = (unsigned char)*p < 0x80 ? *p : '?';
            json_str(json, key ? key : "", spec->pairs[j].value);
        }
    json_end_object(json);
    json_int(json, "line", (long long)line);
    json_int(json, "column", (long long)column);
    json_bool(json, "reached", item->reached);
    json_end_object(json);
}

static int item_row(struct table *table, const struct check_cfg *cfg, size_t i, struct err *e)
{
    const struct doc_item *item = doc_item(cfg->doc, i);
    const struct spec *spec = &cfg->specs[i];
    char device[BDF_TEXT_MAX], vslot[16] = "", place[48], *options = NULL;
    size_t line, column, size;
    FILE *f = open_memstream(&options, &size);
    int r;

    if (!f)
        return err_nomem(e);
    for (size_t j = 0; j < spec->n_pairs; j++)
        if (option_shown(spec, j))
            fprintf(f, "%s%s=%s", ftell(f) ? "," : "", spec->pairs[j].key,
                    spec->pairs[j].value);
    if (fclose(f)) {
        free(options);
        return err_nomem(e);
    }
    if (spec->vslot)
        snprintf(vslot, sizeof(vslot), "0x%02x", spec->vslot);
    doc_position(cfg->doc, item->start, &line, &column);
    snprintf(place, sizeof(place), "%zu:%zu", line, column);
    r = table_row(table, (const char *[]){
        spec->has_bdf || spec->name ? spec_device(spec, device) : item->value, vslot, place,
        options }, e);
    free(options);
    return r;
}

/* The cfg's pci_permissive and so on, which count if an item does not set the option. */
static const struct {
    const char *setting, *key;
} defaults[] = {
    { "pci_permissive", "permissive" }, { "pci_msitranslate", "msitranslate" },
    { "pci_power_mgmt", "power_mgmt" }, { "pci_seize", "seize" },
};

static void print_defaults(struct json *json, const struct check_cfg *cfg)
{
    char text[128] = "";

    if (json)
        json_object(json, "defaults");
    for (size_t i = 0; i < ARRAY_LEN(defaults); i++) {
        bool on = doc_number(cfg->doc, defaults[i].setting, 0) != 0;

        if (json)
            json_bool(json, defaults[i].key, on);
        else if (on)
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s=1",
                     *text ? "," : "", defaults[i].key);
    }
    if (json)
        json_end_object(json);
    else if (*text)
        out_line("defaults: %s", text);
}

/* Warnings about text that makes xl read nothing of the list, or less than is shown. */
static void warn_unread(const struct xvtd *x, const struct check_cfg *cfg)
{
    for (size_t i = 0; i < cfg->notes.n; i++) {
        const struct note *note = &cfg->notes.v[i];
        size_t line, column;

        if (note->severity != SEVERITY_ERROR)
            continue;
        doc_position(cfg->doc, note->offset, &line, &column);
        xvtd_note(x, note->kind, cfg->file, "warning: %s:%zu:%zu: %s", cfg->file, line, column,
                  note->message);
    }
    if (!cfg->doc->accepted)
        xvtd_note(x, "refused", cfg->file, "warning: %s: xl refuses this file and reads nothing of "
                  "the list", cfg->file);
}

static int read_file(const char *path, struct check_cfg *ret, struct err *e)
{
    AUTO_CFG_FILE struct cfg_file *file = NULL;
    int r = cfg_file_open(&file, path, CFG_READ, e);

    return r ? r : check_read(ret, path, cfg_file_text(file), cfg_file_size(file), e);
}

static int run_list(void *program, const struct cli_args *args, struct err *e)
{
    static const struct table_column columns[] = {
        { "BDF", 0 }, { "VSLT", 0 }, { "LINE", 0 }, { "OPTIONS", TABLE_TRUNC }, { NULL, 0 },
    };
    CLEANUP(check_clear) struct check_cfg cfg = { .file = NULL };
    CLEANUP(table_free_p) struct table *table = table_new(columns);
    struct xvtd *x = program;
    struct json *json = x->json ? xvtd_json(x) : NULL;
    int r = read_file(args->operands[0], &cfg, e);

    if (r)
        return r;
    if (!table || (x->json && !json))
        return err_nomem(e);
    warn_unread(x, &cfg);
    if (json) {
        json_str(json, "file", cfg.file);
        json_bool(json, "accepted", cfg.doc->accepted);
        json_array(json, "devices");
    }
    for (size_t i = 0; !r && i < cfg.n; i++) {
        if (json)
            item_json(json, &cfg, i);
        else
            r = item_row(table, &cfg, i, e);
    }
    if (json)
        json_end_array(json);
    else if (!r)
        r = table_write(table, stdout, e);
    if (!r)
        print_defaults(json, &cfg);
    return r;
}

/* Writes the corrected text, or with --dry-run says so. */
static int fix_file(struct xvtd *x, const char *path, struct err *e)
{
    AUTO_CFG_FILE struct cfg_file *file = NULL;
    AUTO_FREE char *text = NULL;
    size_t len;
    int r = cfg_file_open(&file, path, x->dry_run ? CFG_READ : CFG_WRITE, e);

    if (!r)
        r = check_fix(path, cfg_file_text(file), cfg_file_size(file), &text, &len, e);
    if (r || (len == cfg_file_size(file) && !memcmp(text, cfg_file_text(file), len)))
        return r;
    if (!x->dry_run)
        r = cfg_file_replace(file, text, len, e);
    if (!r)
        xvtd_note(x, "corrected", path, "%s: %s", path,
                  x->dry_run ? "would be corrected" : "corrected");
    return r;
}

/* Prints advice that nearly every cfg gets once for all files (text output only). */
static bool is_advice(const struct note *note)
{
    return !strcmp(note->kind, "no-passthrough");
}

/* Returns true if it has printed one. */
static bool print_findings(struct json *json, const struct check_cfg *cfg)
{
    bool any = false;

    for (size_t i = 0; i < cfg->notes.n; i++) {
        const struct note *note = &cfg->notes.v[i];
        size_t line, column;

        if (!json && is_advice(note))
            continue;
        any = true;

        doc_position(cfg->doc, note->offset, &line, &column);
        if (!json) {
            out_line("%s:%zu:%zu: %s: %s [%s]", cfg->file, line, column,
                     severity_name(note->severity), note->message, note->kind);
            if (note->fix && note->fix[strspn(note->fix, " \r\n")] && !strchr(note->fix, '\n'))
                out_line("    fix: %s", note->fix);
            continue;
        }
        json_object(json, NULL);
        json_str(json, "file", cfg->file);
        json_int(json, "line", (long long)line);
        json_int(json, "column", (long long)column);
        json_str(json, "kind", note->kind);
        json_str(json, "severity", severity_name(note->severity));
        json_str(json, "message", note->message);
        json_str(json, "fix", note->fix);
        json_end_object(json);
    }
    return any;
}

struct cfgs {
    struct check_cfg *v;
    size_t n;
};

static void cfgs_clear(struct cfgs *cfgs)
{
    for (size_t i = 0; i < cfgs->n; i++)
        check_clear(&cfgs->v[i]);
    free(cfgs->v);
}

static int print_advice(const struct cfgs *cfgs, struct err *e)
{
    AUTO_FREE char *files = NULL;
    const char *message = NULL;
    size_t size;
    FILE *f = open_memstream(&files, &size);

    if (!f)
        return err_nomem(e);

    for (size_t i = 0; i < cfgs->n; i++)
        for (size_t j = 0; j < cfgs->v[i].notes.n; j++) {
            const struct note *note = &cfgs->v[i].notes.v[j];

            if (!is_advice(note))
                continue;
            fprintf(f, "%s%s", message ? ", " : "", cfgs->v[i].file);
            message = note->message;
        }
    if (fclose(f))
        return err_nomem(e);
    if (message)
        out_line("%s: warning: %s [no-passthrough]", files, message);
    return 0;
}

static int verdict(struct xvtd *x, const struct cfgs *cfgs, struct json *json, struct err *e)
{
    size_t bad = 0;
    int r;

    for (size_t i = 0; i < cfgs->n; i++)
        bad += check_failed(&cfgs->v[i]);
    if (json) {
        json_bool(json, "ok", !bad);
        json_array(json, "findings");
    }
    for (size_t i = 0; i < cfgs->n; i++) {
        bool any = print_findings(json, &cfgs->v[i]);

        if (!json && !any && !x->quiet)
            out_line("%s: ok", cfgs->v[i].file);
    }
    if (json)
        json_end_array(json);
    r = json ? 0 : print_advice(cfgs, e);
    if (r || !bad)
        return r;
    x->doc_complete = true;
    r = err_set(e, XV_FAILED, EINVAL, "%zu of %zu file%s with errors", bad, cfgs->n,
                cfgs->n == 1 ? "" : "s");
    err_kind(e, "check-failed");
    return r;
}

static int run_check(void *program, const struct cli_args *args, struct err *e)
{
    CLEANUP(cfgs_clear) struct cfgs cfgs = { .n = 0 };
    struct xvtd *x = program;
    struct json *json = x->json ? xvtd_json(x) : NULL;
    CLEANUP(cfg_host_clear) struct cfg_host machine = { .root = NULL };
    struct check_host host;
    int r = 0;

    cfgs.v = calloc(args->n_operands, sizeof(*cfgs.v));
    if (!cfgs.v || (x->json && !json))
        return err_nomem(e);
    for (size_t i = 0; !r && cli_has(args, O_FIX) && i < args->n_operands; i++)
        r = fix_file(x, args->operands[i], e);
    for (; !r && cfgs.n < args->n_operands; cfgs.n++)
        r = read_file(args->operands[cfgs.n], &cfgs.v[cfgs.n], e);
    cfg_host_init(&machine, &host, x->root);
    if (!r)
        r = check_together(cfgs.v, cfgs.n, cfg_host_readable(x->root) ? &host : NULL, e);
    return r ? r : verdict(x, &cfgs, json, e);
}

const struct cli_command cmd_cfg_list = {
    .name = "cfg",
    .sub = "list",
    .operands = "FILE",
    .summary = "show the pci list of an xl cfg as xl reads it",
    .example = "xvtd cfg list /etc/xen/vm1.cfg",
    .min = 1,
    .max = 1,
    .flags = CMD_ROOT,
    .run = run_list,
};

const struct cli_command cmd_cfg_check = {
    .name = "cfg",
    .sub = "check",
    .operands = "FILE...",
    .summary = "find mistakes in the pci lists of xl cfgs",
    .details =
        "Reports how xl would read each list, devices that several guests list, and\n"
        "devices that are missing or have a new address on this host. Exit code 1 when\n"
        "there is an error.\n",
    .example = "xvtd cfg check /etc/xen/*.cfg",
    .min = 1,
    .options = check_options,
    .flags = CMD_ROOT,
    .run = run_check,
};

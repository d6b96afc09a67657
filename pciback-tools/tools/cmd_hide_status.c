/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pciback-hide --status: configured, booted and actual, side by side. */
#include "tools/cmd_hide.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include "base/out.h"
#include "base/table.h"
#include "boot/hide_status.h"

static const char *actual(const struct hide_row *row)
{
    return !row->present ? "absent" : *row->driver ? row->driver : "none";
}

static void rows_json(struct json *json, const struct hide_status *s)
{
    json_array(json, "devices");
    for (size_t i = 0; i < s->n; i++) {
        const struct hide_row *row = &s->rows[i];

        json_object(json, NULL);
        json_str(json, "bdf", BDF_STR(row->bdf));
        json_bool(json, "configured", row->source != NULL);
        json_str(json, "source", row->source ? row->source->path : NULL);
        json_bool(json, "booted", row->booted);
        json_str(json, "actual", actual(row));
        json_str(json, "cause", row->cause);
        json_str(json, "message", row->message);
        json_end_object(json);
    }
    json_end_array(json);
}

static int rows_table(const struct hide_status *s, struct err *e)
{
    static const struct table_column columns[] = {
        { "BDF", 0 }, { "CONFIGURED", 0 }, { "BOOTED", 0 }, { "ACTUAL", 0 }, { NULL, 0 },
    };
    CLEANUP(table_free_p) struct table *table = table_new(columns);
    int r = table ? 0 : err_nomem(e);

    if (!s->n) {
        out_line("nothing is configured, and this boot hides nothing");
        return r;
    }
    for (size_t i = 0; !r && i < s->n; i++) {
        const struct hide_row *row = &s->rows[i];

        r = table_row(table, (const char *[]){
            BDF_STR(row->bdf), row->source ? row->source->path : "no",
            row->booted ? "yes" : "no", actual(row) }, e);
    }
    if (!r)
        r = table_write(table, stdout, e);
    for (size_t i = 0; !r && i < s->n; i++)
        if (s->rows[i].cause)
            out_line("%s: %s", BDF_STR(s->rows[i].bdf), s->rows[i].message);
    return r;
}

/* Prints a sentence about the whole configuration; in JSON a string of the open array. */
static void tell(struct json *json, const char *text)
{
    if (json)
        json_str(json, NULL, text);
    else
        out_line("%s", text);
}

static void tell_fault(struct json *json, const struct hide_reading *r, const char *where)
{
    char text[400];

    hide_reading_fault(r, where, text, sizeof(text));
    if (*text)
        tell(json, text);
}

static void tell_note(struct json *json, const struct hide_source *s)
{
    char text[512];

    snprintf(text, sizeof(text), "%s: %s", s->path, s->note);
    if (*s->note)
        tell(json, text);
}

/* XAPI gives out only devices that the value names with their segment. */
static void tell_short(struct json *json, const struct hide_machine *m)
{
    char entries[256], text[400];

    hide_reading_short(&m->line, entries, sizeof(entries));
    snprintf(text, sizeof(text), "/proc/cmdline: XAPI reads only entries with a segment, and not "
             "%s", entries);
    if (m->xcp && *entries)
        tell(json, text);
}

static void tell_faults(struct json *json, const struct hide_machine *m)
{
    if (json)
        json_array(json, "faults");
    for (size_t i = 0; i < m->n_sources; i++) {
        tell_fault(json, &m->sources[i].value, m->sources[i].path);
        tell_note(json, &m->sources[i]);
    }
    tell_fault(json, &m->line, "/proc/cmdline");
    tell_fault(json, &m->qubes, "/proc/cmdline: rd.qubes.hide_pci");
    tell_fault(json, &m->parameter, "/sys/module/xen_pciback/parameters/hide");
    tell_short(json, m);
    if (json)
        json_end_array(json);
}

int hide_run_status(struct xvtd *x, const struct cli_args *args, struct err *e)
{
    CLEANUP(inventory_close_p) struct inventory *inv = NULL;
    CLEANUP(hide_status_clear) struct hide_status s = { .n = 0 };
    struct json *json = x->json ? xvtd_json(x) : NULL;
    size_t bad = 0;
    int r = x->json && !json ? err_nomem(e) : 0;

    if (!r && cli_has(args, HIDE_NEXT))
        return hide_run_next(x, e);
    if (!r)
        r = inventory_open(&inv, x->root, e);
    if (!r)
        r = hide_status_read(&s, x->root, inv, e);
    if (r)
        return r;
    if (json) {
        json_bool(json, "agree", s.agree);
        rows_json(json, &s);
    } else {
        r = rows_table(&s, e);
    }
    tell_faults(json, &s.machine);
    if (r || s.agree)
        return r;
    for (size_t i = 0; i < s.n; i++)
        bad += s.rows[i].cause != NULL;
    x->doc_complete = true;
    r = err_set(e, XV_FAILED, EINVAL, "status: %zu of %zu devices: the configuration, this boot "
                "and the actual drivers differ", bad, s.n);
    err_kind(e, "check-failed");
    return r;
}

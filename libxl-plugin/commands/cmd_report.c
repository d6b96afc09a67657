/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report: one file for somebody who is to find out what is wrong. */
#include "commands/commands.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/document.h"
#include "base/out.h"
#include "base/table.h"
#include "report/report.h"
#include "session/xvtd.h"

static const char *const kinds[] = {
    "host", "guest", "device", "disk", "serial", "mac", "ip", "uuid", "path", "secret",
};

/* "xvtd-report-20260131-1200.tar.gz" */
static void default_name(char *buf, size_t size)
{
    time_t now = time(NULL);
    struct tm tm;

    strftime(buf, size, "xvtd-report-%Y%m%d-%H%M%S.tar.gz", localtime_r(&now, &tm));
}

static int collect(struct xvtd *x, struct bundle *b, struct err *e)
{
    struct err why;
    struct hv *hv = xvtd_hv(x, &why) ? NULL : x->hv;
    int r = bundle_open(b, e);

    if (!r)
        r = report_names(b, x->root, hv, e);
    if (!r)
        r = report_commands(b, e);
    if (!r)
        r = report_files(b, x->root, e);
    if (!r)
        r = report_capture(b, x->root, e);
    return r ? r : report_index(b, e);
}

static int print_json(struct xvtd *x, const struct bundle *b, const char *file, struct err *e)
{
    struct json *json = xvtd_json(x);

    if (!json)
        return err_nomem(e);
    json_str(json, "file", file);
    json_array(json, "parts");
    for (size_t i = 0; i < b->n; i++) {
        const struct bundle_part *p = &b->parts[i];

        json_object(json, NULL);
        json_str(json, "name", p->name);
        json_str(json, "status", p->failed ? "failed" : "done");
        json_int(json, "bytes", (long long)p->bytes);
        json_str(json, "message", *p->message ? p->message : NULL);
        json_end_object(json);
    }
    json_end_array(json);
    json_array(json, "replaced");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        json_object(json, NULL);
        json_str(json, "kind", kinds[i]);
        json_int(json, "count", (long long)redact_count(b->redact, kinds[i]));
        json_end_object(json);
    }
    json_end_array(json);
    return 0;
}

static int print_text(struct xvtd *x, const struct bundle *b, const char *file, struct err *e)
{
    static const struct table_column columns[] = {
        { "PART", 0 }, { "BYTES", 0 }, { "NOTE", 0 }, { NULL, 0 },
    };
    CLEANUP(table_free_p) struct table *table = table_new(columns);
    int r = table ? 0 : err_nomem(e);

    for (size_t i = 0; !r && i < b->n; i++) {
        const struct bundle_part *p = &b->parts[i];
        char bytes[24] = "";

        if (!p->failed)
            snprintf(bytes, sizeof(bytes), "%zu", p->bytes);
        r = table_row(table, (const char *[]){ p->name, bytes, p->message }, e);
    }
    if (!r && !x->quiet)
        r = table_write(table, stdout, e);
    if (!r && !x->quiet)
        out_line("%s: written; names, addresses, serial numbers and paths in it are replaced: look "
                 "through it before you send it", file);
    return r;
}

static int print_plan(struct xvtd *x, const char *file, struct err *e)
{
    struct json *json;

    if (!x->json) {
        out_line("1. write a report to %s  (undo: remove it)", file);
        return 0;
    }
    json = xvtd_json(x);
    if (!json)
        return err_nomem(e);
    json_array(json, "plan");
    document_step(json, "write-report", file, "remove it", "write a report");
    json_end_array(json);
    return 0;
}

static int run_report(void *program, const struct cli_args *args, struct err *e)
{
    CLEANUP(bundle_close) struct bundle b = { .n = 0 };
    struct xvtd *x = program;
    char name[64];
    const char *file = args->n_operands ? args->operands[0] : name;
    int r;

    default_name(name, sizeof(name));
    if (x->dry_run)
        return print_plan(x, file, e);
    r = collect(x, &b, e);
    if (!r)
        r = bundle_pack(&b, file, e);
    if (r)
        return r;
    return x->json ? print_json(x, &b, file, e) : print_text(x, &b, file, e);
}

const struct cli_command cmd_report = {
    .name = "report",
    .operands = "[FILE]",
    .summary = "collect what a bug report needs in one file",
    .details =
        "Writes a .tar.gz with versions, what check, list and groups say, logs of Xen,\n"
        "dom0 and QEMU, xenstore's records, xvtd's files, and the host's PCI functions\n"
        "for --root. Words replace names, addresses, serial numbers and paths; passwords\n"
        "are removed. Prints the list of what is in the file.\n",
    .example = "xvtd report bug.tar.gz",
    .max = 1,
    .run = run_report,
};

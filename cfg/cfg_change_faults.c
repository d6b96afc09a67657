/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds faults that xl will refuse in a changed text, and whether the change brought them in. */
#include "cfg/cfg_change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cfg/cfg_check.h"

static const char *const overrides[] = { "passthrough-disabled", "populate-on-demand", "pvh",
                                         "wildcard-vslot" };

bool cfg_fault_known(const char *kind)
{
    return text_word(overrides, ARRAY_LEN(overrides), kind) < ARRAY_LEN(overrides);
}

static size_t count(const struct check_cfg *cfg, const char *kind)
{
    size_t n = 0;

    for (size_t i = 0; i < cfg->notes.n; i++)
        n += cfg->notes.v[i].severity == SEVERITY_ERROR && !strcmp(cfg->notes.v[i].kind, kind);
    return n;
}

static bool allowed(const struct cfg_change *change, const char *kind)
{
    for (size_t i = 0; i < change->n_allow; i++)
        if (!strcmp(change->allow[i], kind))
            return true;
    return false;
}

static int refuse(const char *what, const struct note *note, struct err *e)
{
    int r = err_on(e, XV_REFUSED, EPERM, what, "with this change xl would refuse the guest: %s",
                   note->message);

    err_kind(e, note->kind);
    if (cfg_fault_known(note->kind))
        err_hint(e, "--allow=%s makes the change anyway", note->kind);
    return r;
}

int cfg_change_judge(const struct cfg_change *change, const char *what, const char *old,
                     size_t old_len, const char *text, size_t len, struct err *e)
{
    CLEANUP(check_clear) struct check_cfg before = { .file = NULL };
    CLEANUP(check_clear) struct check_cfg after = { .file = NULL };
    int r = check_read(&before, what, old, old_len, e);

    if (!r)
        r = check_read(&after, what, text, len, e);
    for (size_t i = 0; !r && i < after.notes.n; i++) {
        const struct note *note = &after.notes.v[i];
        char warning[512];
        size_t line, column;

        if (note->severity != SEVERITY_ERROR)
            continue;
        if (change->refuse_faults && !allowed(change, note->kind) &&
            count(&after, note->kind) > count(&before, note->kind))
            return refuse(what, note, e);
        doc_position(after.doc, note->offset, &line, &column);
        snprintf(warning, sizeof(warning), "%s:%zu:%zu: xl will refuse this guest: %s", what,
                 line, column, note->message);
        if (change->warn)
            change->warn(change->user, note->kind, what, warning);
    }
    return r;
}

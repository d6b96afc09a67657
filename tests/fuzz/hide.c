/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The laws of the hide parameter's readers on any bytes: entries cover the whole value, each
 * alone is read the same, a fault lies inside, and what is cut off before it is read.  A
 * libFuzzer target.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "hide/cmdline.h"
#include "hide/hide.h"
#include "hide/hide_findings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                         \
    do {                                                                        \
        if (!(condition)) {                                                     \
            fprintf(stderr, "law broken, line %d: %s\n", __LINE__, #condition); \
            abort();                                                            \
        }                                                                       \
    } while (0)

/* One entry, cut out, is read as it was in its place. */
static void alone(const char *value, const struct hide_entry *entry)
{
    AUTO_FREE char *text = strndup(value + entry->offset, entry->len);
    AUTO_FREE struct hide_entry *list = NULL;
    size_t n, offset;

    MUST(text && !hide_parse(text, &list, &n, &offset) && n == 1);
    MUST(bdf_equal(list->bdf, entry->bdf) && list->any_slot == entry->any_slot &&
         list->any_func == entry->any_func && list->len == entry->len);
    MUST(hide_matches(entry, entry->bdf));
}

static void value_laws(const char *value)
{
    AUTO_FREE struct hide_entry *list = NULL;
    size_t n, at = 0, len = strlen(value);
    struct hide_fault fault;
    int r = hide_check(value, &list, &n, &fault);

    if (r) {
        AUTO_FREE char *before = NULL;

        MUST(fault.offset <= fault.at && fault.at <= len && *fault.why);
        if (len > HIDE_VALUE_MAX)
            return;
        MUST(fault.offset < len);
        before = strndup(value, fault.offset);
        MUST(before && !hide_check(before, &list, &n, &fault));
        return;
    }
    MUST(len <= HIDE_VALUE_MAX);
    for (size_t i = 0; i < n; i++) {
        MUST(list[i].offset == at);
        at += list[i].len;
        alone(value, &list[i]);
    }
    MUST(at == len);
}

static void line_laws(const char *line)
{
    size_t at = 0, before = 0, len = strlen(line), n, n_findings;
    AUTO_FREE struct hide_finding *findings = NULL;
    struct hide_given *given = NULL;
    AUTO_FREE char *qubes = NULL, *suse = NULL;
    struct cmdline_word w;

    for (; cmdline_next(line, &at, &w); before = at) {
        MUST(w.start >= before && w.name >= w.start && w.end > w.start && w.end == at);
        MUST(w.name + w.name_len <= w.end && w.end <= len);
        MUST(!w.has_value || (w.value > w.name + w.name_len - 1 && w.value + w.value_len <= w.end));
    }
    MUST(!hide_given_read(line, &given, &n));
    for (size_t i = 0; i < n; i++)
        MUST(strlen(given[i].value) <= len && (!i || given[i].line >= given[i - 1].line));
    MUST(!hide_findings(given, n, &findings, &n_findings));
    hide_given_free(given, n);
    MUST(!hide_given_qubes(line, &qubes) && !hide_given_suse(line, &suse));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    value_laws(text);
    line_laws(text);
    free(text);
    return 0;
}

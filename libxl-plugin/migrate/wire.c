/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "migrate/wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "base/text.h"
#include "engine/report.h"

#define MAPS_MAX 256
#define MAP_LEN_MAX 256
#define RESULTS_MAX 256

static const struct format format = {
    "xvtd-migrate", "a message of xvtd", WIRE_FIRST, WIRE_NEWEST
};

static const char *const order_words[] = {
    [ORDER_CHECK] = "check",
    [ORDER_KEEP] = "keep",
    [ORDER_RESTORE] = "restore",
    [ORDER_DROP] = "drop",
};

static struct json *begin(unsigned version)
{
    struct json *json = json_new_line(FORMAT_STR(&format, version ? version : WIRE_FIRST));

    if (json)
        json_int(json, "speaks", WIRE_NEWEST);
    return json;
}

int order_write(const struct order *order, struct json **ret, const char **text, size_t *len,
                struct err *e)
{
    CLEANUP(json_free_p) struct json *json = begin(order->version), *manifest = NULL;
    const char *manifest_is = NULL;
    size_t ignored;
    int r;

    if (!json)
        return err_nomem(e);
    r = manifest_text(&order->manifest, &manifest, &manifest_is, &ignored, e);
    if (r)
        return r;
    json_str(json, "do", order_words[order->kind]);
    json_array(json, "maps");
    for (size_t i = 0; i < order->n_maps; i++)
        json_str(json, NULL, order->maps[i]);
    json_end_array(json);
    json_str(json, "manifest", manifest_is);
    r = json_take_text(json, text, len, e);
    if (!r)
        *ret = TAKE_PTR(json);
    return r;
}

/* *version: the newest one that both sides know. */
static int read_document(struct json_doc **ret, const char *text, size_t len, unsigned *version,
                         struct err *e)
{
    int r = json_parse(text, len, ret, e);
    long long speaks;

    if (!r)
        r = format_read(&format, json_member_str(json_top(*ret), "schema"), version, e);
    if (r)
        return r;
    if (json_member_int(json_top(*ret), "speaks", WIRE_FIRST, INT32_MAX, &speaks))
        *version = speaks < WIRE_NEWEST ? (unsigned)speaks : WIRE_NEWEST;
    return 0;
}

static int read_maps(const struct json_value *maps, struct order *ret, struct err *e)
{
    size_t n = json_count(maps);

    if (n > MAPS_MAX)
        return err_set(e, XV_REFUSED, EBADMSG, "more than %d maps", MAPS_MAX);
    ret->maps = calloc(n ? n : 1, sizeof(*ret->maps));
    if (!ret->maps)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++) {
        const char *map = json_str_at(maps, i);

        if (!map || strlen(map) > MAP_LEN_MAX)
            return err_set(e, XV_REFUSED, EBADMSG, "map number %zu is damaged", i + 1);
        ret->maps[i] = strdup(map);
        if (!ret->maps[i])
            return err_nomem(e);
        ret->n_maps++;
    }
    return 0;
}

/* The text becomes a file name on this host. */
static bool uuid_valid(const char *uuid)
{
    size_t i = 0;

    for (; uuid[i]; i++)
        if (i == 8 || i == 13 || i == 18 || i == 23 ? uuid[i] != '-'
                                                    : !strchr("0123456789abcdef", uuid[i]))
            return false;
    return i == 36;
}

int order_read(const char *text, size_t len, struct order *ret, struct err *e)
{
    CLEANUP(json_doc_free_p) struct json_doc *doc = NULL;
    const char *what, *manifest;
    size_t kind;
    int r;

    *ret = (struct order){ .version = WIRE_FIRST };
    r = read_document(&doc, text, len, &ret->version, e);
    if (r)
        return r;
    what = json_member_str(json_top(doc), "do");
    manifest = json_member_str(json_top(doc), "manifest");
    kind = text_word(order_words, ARRAY_LEN(order_words), what);
    if (kind == ARRAY_LEN(order_words) || !manifest)
        return err_set(e, XV_REFUSED, EBADMSG, "it is damaged");
    ret->kind = (enum order_kind)kind;
    r = read_maps(json_member(json_top(doc), "maps"), ret, e);
    if (!r)
        r = manifest_parse(&ret->manifest, manifest, strlen(manifest), e);
    if (!r && !uuid_valid(ret->manifest.uuid))
        r = err_set(e, XV_REFUSED, EBADMSG, "the guest's UUID is not valid");
    return r;
}

void order_clear(struct order *order)
{
    for (size_t i = 0; i < order->n_maps; i++)
        free(order->maps[i]);
    free(order->maps);
    manifest_clear(&order->manifest);
    *order = (struct order){ .n_maps = 0 };
}

struct json *answer_begin(unsigned version)
{
    return begin(version);
}

/* Cuts another host's text to one printable line. */
static void copy_text(char *buf, size_t size, const char *text)
{
    AUTO_FREE char *copy = NULL;

    snprintf(buf, size, "%s", text_clean(text ? text : "", false, &copy));
}

static bool read_vslot(const char *text, unsigned *ret)
{
    char *end;

    if (!text)
        return true; /* null: without a value */
    if (strncmp(text, "0x", 2) || !strchr("0123456789abcdef", text[2]))
        return false;
    *ret = (unsigned)strtoul(text + 2, &end, 16);
    return !*end && *ret <= VSLOT_MAX;
}

static bool read_result(const struct json_value *v, struct step *step)
{
    const char *bdf = json_member_str(v, "bdf");
    long long vfunc = 0;
    struct err ignored;

    if (!bdf || bdf_parse(bdf, &step->bdf, &ignored) ||
        !report_status(json_member_str(v, "status"), &step->status) ||
        !read_vslot(json_member_str(v, "vslot"), &step_guest(step)->pci.vslot) ||
        !json_member_int(v, "vfunc", 0, 7, &vfunc))
        return false;
    step_guest(step)->pci.bdf = step->bdf;
    step_guest(step)->pci.vfunc = (unsigned)vfunc;
    if (step->status == STEP_FAILED || step->status == STEP_PENDING)
        copy_text(step->message, sizeof(step->message), json_member_str(v, "message"));
    else if (step->status == STEP_ALREADY)
        step_say(step, "already attached");
    return true;
}

static bool read_error(const struct json_value *v, struct err *ret)
{
    char message[512], hint[400];
    long long code;

    if (!json_member_int(v, "code", XV_FAILED, XV_CANNOT, &code))
        return false;
    copy_text(message, sizeof(message), json_member_str(v, "message"));
    copy_text(hint, sizeof(hint), json_member_str(v, "hint"));
    err_set(ret, (enum exit_code)code, EIO, "%s", message);
    err_hint(ret, "%s", hint);
    return *message != '\0';
}

int answer_read(const char *text, size_t len, struct answer *ret, struct err *e)
{
    CLEANUP(json_doc_free_p) struct json_doc *doc = NULL;
    const struct json_value *results, *error;
    int r;

    *ret = (struct answer){ .version = WIRE_FIRST };
    r = read_document(&doc, text, len, &ret->version, e);
    if (r)
        return r;
    results = json_member(json_top(doc), "results");
    error = json_member(json_top(doc), "error");
    if (!results || json_count(results) > RESULTS_MAX)
        return err_set(e, XV_REFUSED, EBADMSG, "it is damaged");
    for (size_t i = 0; i < json_count(results); i++) {
        struct step *step = plan_add(&ret->plan, STEP_ATTACH, (struct bdf){ 0 });

        if (!step)
            return err_nomem(e);
        if (!read_result(json_at(results, i), step))
            return err_set(e, XV_REFUSED, EBADMSG, "it is damaged: result number %zu", i + 1);
    }
    ret->failed = error != NULL;
    if (error && !read_error(error, &ret->error))
        return err_set(e, XV_REFUSED, EBADMSG, "it is damaged: its error");
    return 0;
}

void answer_clear(struct answer *answer)
{
    plan_clear(&answer->plan);
}

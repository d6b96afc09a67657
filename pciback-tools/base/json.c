/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "base/cleanup.h"

struct json {
    yajl_gen gen;
    int open;       /* objects and arrays */
    bool failed;    /* yajl refused something */
    bool line;
};

static void check(struct json *json, yajl_gen_status status)
{
    json->failed |= status != yajl_gen_status_ok;
}

static struct json *new_document(const char *schema, bool line)
{
    struct json *json = calloc(1, sizeof(*json));

    if (!json)
        return NULL;
    json->gen = yajl_gen_alloc(NULL);
    if (!json->gen) {
        free(json);
        return NULL;
    }
    yajl_gen_config(json->gen, yajl_gen_beautify, !line);
    json->line = line;
    yajl_gen_config(json->gen, yajl_gen_indent_string, "  ");
    json_object(json, NULL);
    json_str(json, "schema", schema);
    return json;
}

struct json *json_new(void)
{
    return new_document("xvtd/1", false);
}

struct json *json_new_line(const char *schema)
{
    return new_document(schema, true);
}

int json_take_text(struct json *json, const char **ret, size_t *len, struct err *e)
{
    const unsigned char *buf = NULL;

    json_end_object(json);
    if (json->line) /* yajl ends a beautified one with a newline by itself */
        yajl_gen_reset(json->gen, "\n");
    check(json, yajl_gen_get_buf(json->gen, &buf, len));
    if (json->failed || json->open)
        return err_set(e, XV_FAILED, EIO, "write JSON: the document is not whole");
    *ret = (const char *)buf;
    return 0;
}

int json_write(struct json *json, FILE *f, struct err *e)
{
    const char *buf;
    size_t len;
    int r = json_take_text(json, &buf, &len, e);

    if (r)
        return r;
    if (fwrite(buf, 1, len, f) != len || fflush(f))
        return err_sys(e, XV_FAILED, errno, "write JSON");
    return 0;
}

struct json *json_free(struct json *json)
{
    if (json) {
        yajl_gen_free(json->gen);
        free(json);
    }
    return NULL;
}

/* The bytes of the UTF-8 sequence at p (RFC 3629, section 4), or 0 when it is none. */
static size_t utf8_length(const unsigned char *p)
{
    static const struct {
        unsigned char first, last, second_min, second_max;
        size_t length;
    } forms[] = {
        { 0x01, 0x7f, 0, 0, 1 },          { 0xc2, 0xdf, 0x80, 0xbf, 2 },
        { 0xe0, 0xe0, 0xa0, 0xbf, 3 },    { 0xe1, 0xec, 0x80, 0xbf, 3 },
        { 0xed, 0xed, 0x80, 0x9f, 3 },    { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 },    { 0xf1, 0xf3, 0x80, 0xbf, 4 },
        { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };

    for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
        if (*p < forms[f].first || *p > forms[f].last)
            continue;
        if (forms[f].length > 1 && (p[1] < forms[f].second_min || p[1] > forms[f].second_max))
            return 0;
        for (size_t i = 2; i < forms[f].length; i++)
            if (p[i] < 0x80 || p[i] > 0xbf)
                return 0;
        return forms[f].length;
    }
    return 0;
}

/* Names of guests and files are bytes: what is no UTF-8 becomes U+FFFD. */
static void put_string(struct json *json, const char *s)
{
    AUTO_FREE unsigned char *text = malloc(3 * strlen(s) + 1);
    const unsigned char *p = (const unsigned char *)s;
    size_t len = 0;

    if (!text) {
        json->failed = true;
        return;
    }
    while (*p) {
        size_t n = utf8_length(p);

        memcpy(text + len, n ? (const char *)p : "\xef\xbf\xbd", n ? n : 3);
        len += n ? n : 3;
        p += n ? n : 1;
    }
    check(json, yajl_gen_string(json->gen, text, len));
}

static void put_key(struct json *json, const char *key)
{
    if (key)
        put_string(json, key);
}

void json_object(struct json *json, const char *key)
{
    put_key(json, key);
    check(json, yajl_gen_map_open(json->gen));
    json->open++;
}

void json_end_object(struct json *json)
{
    check(json, yajl_gen_map_close(json->gen));
    json->open--;
}

void json_array(struct json *json, const char *key)
{
    put_key(json, key);
    check(json, yajl_gen_array_open(json->gen));
    json->open++;
}

void json_end_array(struct json *json)
{
    check(json, yajl_gen_array_close(json->gen));
    json->open--;
}

void json_str(struct json *json, const char *key, const char *value)
{
    put_key(json, key);
    if (value)
        put_string(json, value);
    else
        check(json, yajl_gen_null(json->gen));
}

void json_strf(struct json *json, const char *key, const char *fmt, ...)
{
    char text[2048];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    json_str(json, key, text);
}

void json_int(struct json *json, const char *key, long long value)
{
    put_key(json, key);
    check(json, yajl_gen_integer(json->gen, value));
}

void json_bool(struct json *json, const char *key, bool value)
{
    put_key(json, key);
    check(json, yajl_gen_bool(json->gen, value));
}

void json_null(struct json *json, const char *key)
{
    put_key(json, key);
    check(json, yajl_gen_null(json->gen));
}

void json_error(struct json *json, const struct err *error)
{
    json_object(json, "error");
    json_int(json, "code", error->code);
    json_str(json, "kind", error->kind);
    json_str(json, "message", error->message);
    json_str(json, "hint", error->hint);
    json_end_object(json);
}

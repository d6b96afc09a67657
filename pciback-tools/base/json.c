/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "base/cleanup.h"
#include "base/out.h"
#include "base/text.h"

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
    if (json->line) /* yajl ends only a beautified document with a newline */
        yajl_gen_reset(json->gen, "\n");
    check(json, yajl_gen_get_buf(json->gen, &buf, len));
    if (json->failed || json->open)
        return err_set(e, XV_FAILED, EIO, "write JSON: the document is incomplete");
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
    /* JSON allows \uXXXX for the characters that could act on a terminal */
    r = out_text_to(f, buf);
    return r ? out_error(r, e) : 0;
}

struct json *json_free(struct json *json)
{
    if (json) {
        yajl_gen_free(json->gen);
        free(json);
    }
    return NULL;
}

/* Names of guests and files are bytes: what is not UTF-8 becomes U+FFFD. */
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
    json_str(json, "object", *error->object ? error->object : NULL);
    json_str(json, "message", error->message);
    json_str(json, "hint", error->hint);
    json_end_object(json);
}

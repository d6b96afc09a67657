/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

struct json {
    yajl_gen gen;
};

struct json *json_new(void)
{
    struct json *json = calloc(1, sizeof(*json));

    if (!json)
        return NULL;
    json->gen = yajl_gen_alloc(NULL);
    if (!json->gen) {
        free(json);
        return NULL;
    }
    yajl_gen_config(json->gen, yajl_gen_beautify, 1);
    yajl_gen_config(json->gen, yajl_gen_indent_string, "  ");
    json_object(json, NULL);
    json_str(json, "schema", "xvtd/1");
    return json;
}

int json_write(struct json *json, FILE *f, struct err *e)
{
    const unsigned char *buf;
    size_t len;

    json_end_object(json);
    if (yajl_gen_get_buf(json->gen, &buf, &len) != yajl_gen_status_ok)
        return err_set(e, XV_FAILED, EIO, "write JSON: the document is not whole");
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

static void put_string(struct json *json, const char *s)
{
    yajl_gen_string(json->gen, (const unsigned char *)s, strlen(s));
}

static void put_key(struct json *json, const char *key)
{
    if (key)
        put_string(json, key);
}

void json_object(struct json *json, const char *key)
{
    put_key(json, key);
    yajl_gen_map_open(json->gen);
}

void json_end_object(struct json *json)
{
    yajl_gen_map_close(json->gen);
}

void json_array(struct json *json, const char *key)
{
    put_key(json, key);
    yajl_gen_array_open(json->gen);
}

void json_end_array(struct json *json)
{
    yajl_gen_array_close(json->gen);
}

void json_str(struct json *json, const char *key, const char *value)
{
    put_key(json, key);
    if (value)
        put_string(json, value);
    else
        yajl_gen_null(json->gen);
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
    yajl_gen_integer(json->gen, value);
}

void json_bool(struct json *json, const char *key, bool value)
{
    put_key(json, key);
    yajl_gen_bool(json->gen, value);
}

void json_null(struct json *json, const char *key)
{
    put_key(json, key);
    yajl_gen_null(json->gen);
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

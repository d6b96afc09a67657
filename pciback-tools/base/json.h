/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A JSON document built in memory with yajl, and written whole or not at all.  Writing it fails
 * when memory was short or an object or array was left open.
 * Inside an object every value has a key; inside an array key is NULL.
 */
#ifndef XVTD_BASE_JSON_H
#define XVTD_BASE_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

struct json;

/* Opens the top object with "schema": "xvtd/1".  NULL when out of memory. */
struct json *json_new(void);

/* The same for files, with the caller's schema: one line without blanks. */
struct json *json_new_line(const char *schema);

/*
 * Closes the top object.  *ret is the document's text, which ends with a newline and belongs to
 * json.
 */
int json_take_text(struct json *json, const char **ret, size_t *len, struct err *e);

/* Closes the top object and writes the document and a newline.  Errors: XV_FAILED. */
int json_write(struct json *json, FILE *f, struct err *e);

/* Accepts NULL and returns NULL. */
struct json *json_free(struct json *json);

static inline void json_free_p(struct json **json)
{
    *json = json_free(*json);
}

void json_object(struct json *json, const char *key);
void json_end_object(struct json *json);
void json_array(struct json *json, const char *key);
void json_end_array(struct json *json);

/* A string; bytes that are not UTF-8 become U+FFFD.  NULL becomes null. */
void json_str(struct json *json, const char *key, const char *value);
void json_strf(struct json *json, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void json_int(struct json *json, const char *key, long long value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

/* "error": {"code", "kind", "object", "message", "hint"} in the open object. */
void json_error(struct json *json, const struct err *error);

#endif

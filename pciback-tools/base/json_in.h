/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads JSON that may be damaged: the whole document is well-formed or the call fails.  Values are
 * read by type; a member of another type counts as missing.
 */
#ifndef XVTD_BASE_JSON_IN_H
#define XVTD_BASE_JSON_IN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"

struct json_doc;        /* a document, which owns its values */
struct json_value;      /* an object or an array; valid as long as its document */

/*
 * text: len bytes followed by a NUL.  Errors: XV_REFUSED for text that is not JSON, is not an
 * object or is nested deeper than 16 levels; the message holds the cause alone.
 */
int json_parse(const char *text, size_t len, struct json_doc **ret, struct err *e);
struct json_doc *json_doc_free(struct json_doc *doc);
DEFINE_CLEANUP(struct json_doc *, json_doc_free)

const struct json_value *json_top(const struct json_doc *doc);

/* Members of an object.  NULL counts as an object without members. */
const struct json_value *json_member(const struct json_value *object, const char *key);
const char *json_member_str(const struct json_value *object, const char *key); /* or NULL */
bool json_member_int(const struct json_value *object, const char *key, long long min,
                     long long max, long long *ret);
bool json_member_bool(const struct json_value *object, const char *key);  /* false when missing */

/* The number of elements; 0 for a value that is not an array. */
size_t json_count(const struct json_value *array);
const struct json_value *json_at(const struct json_value *array, size_t i);
const char *json_str_at(const struct json_value *array, size_t i);  /* or NULL */

/* Writes a copy of a value: key as json_str() has it.  Numbers are whole ones. */
void json_copy(struct json *to, const char *key, const struct json_value *value);

/* The key of an object's member i, or NULL when it has no more. */
const char *json_key_at(const struct json_value *object, size_t i);

#endif

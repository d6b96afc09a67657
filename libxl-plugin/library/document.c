/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents and their members: json_in.h under the library's names. */
#include "library/internal.h"

#include <limits.h>
#include <string.h>

struct xvtd_doc {
    char *text;
    struct json_doc *json;
};

static const struct json_value *inner(const struct xvtd_value *value)
{
    return (const struct json_value *)value;
}

static const struct xvtd_value *outer(const struct json_value *value)
{
    return (const struct xvtd_value *)value;
}

int answer_parse(const char *text, size_t len, struct xvtd_doc **ret, struct err *e)
{
    struct xvtd_doc *doc = calloc(1, sizeof(*doc));
    int r;

    if (doc)
        doc->text = strndup(text, len);
    if (!doc || !doc->text) {
        xvtd_doc_free(doc);
        return err_nomem(e);
    }
    r = json_parse(doc->text, len, &doc->json, e);
    if (r)
        xvtd_doc_free(doc);
    else
        *ret = doc;
    return r;
}

int answer_take(struct json *json, struct xvtd_doc **ret, struct err *e)
{
    const char *text;
    size_t len;
    int r = json_take_text(json, &text, &len, e);

    return r ? r : answer_parse(text, len, ret, e);
}

void xvtd_doc_free(struct xvtd_doc *doc)
{
    if (!doc)
        return;
    json_doc_free(doc->json);
    free(doc->text);
    free(doc);
}

const char *xvtd_doc_text(const struct xvtd_doc *doc)
{
    return doc->text;
}

const struct xvtd_value *xvtd_doc_top(const struct xvtd_doc *doc)
{
    return doc ? outer(json_top(doc->json)) : NULL;
}

const struct xvtd_value *xvtd_get(const struct xvtd_value *object, const char *key)
{
    return outer(json_member(inner(object), key));
}

size_t xvtd_count(const struct xvtd_value *array)
{
    return json_count(inner(array));
}

const struct xvtd_value *xvtd_at(const struct xvtd_value *array, size_t i)
{
    return outer(json_at(inner(array), i));
}

const char *xvtd_str_at(const struct xvtd_value *array, size_t i)
{
    return json_str_at(inner(array), i);
}

const char *xvtd_str(const struct xvtd_value *object, const char *key)
{
    return json_member_str(inner(object), key);
}

long long xvtd_int(const struct xvtd_value *object, const char *key, long long otherwise)
{
    long long value;

    return json_member_int(inner(object), key, LLONG_MIN, LLONG_MAX, &value) ? value : otherwise;
}

int xvtd_bool(const struct xvtd_value *object, const char *key)
{
    return json_member_bool(inner(object), key);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/json_in.h"

#include <errno.h>
#include <string.h>
#include <yajl/yajl_tree.h>

#define DEPTH_MAX 16

/* yajl frees a tree by recursion, so its depth is checked before it is built. */
static bool too_deep(const char *text, size_t len)
{
    unsigned depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '[' || c == '{') && ++depth > DEPTH_MAX)
            return true;
        else if (!quoted && (c == ']' || c == '}') && depth)
            depth--;
    }
    return false;
}

int json_parse(const char *text, size_t len, struct json_doc **ret, struct err *e)
{
    char why[256] = "";
    yajl_val top;

    if (strlen(text) != len)
        return err_set(e, XV_REFUSED, EBADMSG, "it is not JSON: there is a NUL in it");
    if (too_deep(text, len))
        return err_set(e, XV_REFUSED, EBADMSG, "it is nested too deeply");
    top = yajl_tree_parse(text, why, sizeof(why));
    if (!top)
        return err_set(e, XV_REFUSED, EBADMSG, "it is not JSON: %.*s",
                       (int)strcspn(why, "\r\n"), *why ? why : "it ends too early");
    if (!YAJL_IS_OBJECT(top)) {
        yajl_tree_free(top);
        return err_set(e, XV_REFUSED, EBADMSG, "it is not a JSON object");
    }
    *ret = (struct json_doc *)top;
    return 0;
}

struct json_doc *json_doc_free(struct json_doc *doc)
{
    yajl_tree_free((yajl_val)doc);
    return NULL;
}

const struct json_value *json_top(const struct json_doc *doc)
{
    return (const struct json_value *)doc;
}

static yajl_val tree(const struct json_value *value)
{
    return (yajl_val)value;
}

const struct json_value *json_member(const struct json_value *object, const char *key)
{
    yajl_val v = tree(object);

    if (!YAJL_IS_OBJECT(v))
        return NULL;
    for (size_t i = 0; i < v->u.object.len; i++)
        if (!strcmp(v->u.object.keys[i], key))
            return (const struct json_value *)v->u.object.values[i];
    return NULL;
}

static const char *text_of(const struct json_value *value)
{
    return YAJL_GET_STRING(tree(value));
}

const char *json_member_str(const struct json_value *object, const char *key)
{
    return text_of(json_member(object, key));
}

bool json_member_int(const struct json_value *object, const char *key, long long min,
                     long long max, long long *ret)
{
    yajl_val v = tree(json_member(object, key));

    if (!YAJL_IS_INTEGER(v) || YAJL_GET_INTEGER(v) < min || YAJL_GET_INTEGER(v) > max)
        return false;
    *ret = YAJL_GET_INTEGER(v);
    return true;
}

bool json_member_bool(const struct json_value *object, const char *key)
{
    return YAJL_IS_TRUE(tree(json_member(object, key)));
}

size_t json_count(const struct json_value *array)
{
    return YAJL_IS_ARRAY(tree(array)) ? tree(array)->u.array.len : 0;
}

const struct json_value *json_at(const struct json_value *array, size_t i)
{
    return i < json_count(array) ? (const struct json_value *)tree(array)->u.array.values[i]
                                 : NULL;
}

const char *json_str_at(const struct json_value *array, size_t i)
{
    return text_of(json_at(array, i));
}

const char *json_key_at(const struct json_value *object, size_t i)
{
    yajl_val v = tree(object);

    return YAJL_IS_OBJECT(v) && i < v->u.object.len ? v->u.object.keys[i] : NULL;
}

void json_copy(struct json *to, const char *key, const struct json_value *value)
{
    yajl_val v = tree(value);
    const char *name;

    if (YAJL_IS_OBJECT(v)) {
        json_object(to, key);
        for (size_t i = 0; (name = json_key_at(value, i)); i++)
            json_copy(to, name, json_member(value, name));
        json_end_object(to);
    } else if (YAJL_IS_ARRAY(v)) {
        json_array(to, key);
        for (size_t i = 0; i < json_count(value); i++)
            json_copy(to, NULL, json_at(value, i));
        json_end_array(to);
    } else if (YAJL_IS_STRING(v)) {
        json_str(to, key, YAJL_GET_STRING(v));
    } else if (YAJL_IS_INTEGER(v)) {
        json_int(to, key, YAJL_GET_INTEGER(v));
    } else if (YAJL_IS_TRUE(v) || YAJL_IS_FALSE(v)) {
        json_bool(to, key, YAJL_IS_TRUE(v));
    } else {
        json_null(to, key);
    }
}

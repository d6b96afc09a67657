/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inuse/holders.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/*
 * A chain is name, NUL, label, NUL for each link, so a holder needs no other memory.  A name that
 * is too long (a mount's path) is cut at its end.
 */
static void push_text(struct holder *h, const char *text)
{
    size_t room = sizeof(h->chain) - h->len;

    if (!room)
        return;
    h->len += (size_t)snprintf(h->chain + h->len, room, "%.*s", (int)room - 1, text) + 1;
}

void holder_push(struct holder *h, const char *name, const char *label)
{
    push_text(h, name);
    push_text(h, label ? label : "");
}

const char *holder_link(const struct holder *h, size_t i, const char **label)
{
    const char *p = h->chain, *end = h->chain + h->len;

    for (; p < end; i--) {
        const char *text = p + strlen(p) + 1;

        if (!i) {
            if (label)
                *label = text < end && *text ? text : NULL;
            return p;
        }
        p = text < end ? text + strlen(text) + 1 : end;
    }
    return NULL;
}

void holder_push_all(struct holder *h, const struct holder *below)
{
    const char *name, *label;

    for (size_t i = 0; (name = holder_link(below, i, &label)); i++)
        holder_push(h, name, label);
}

struct holder_text holder_text(const struct holder *h)
{
    struct holder_text text = { "" };
    const char *name, *label;
    size_t len = 0;

    for (size_t i = 0; (name = holder_link(h, i, &label)) && len < sizeof(text.s); i++)
        len += (size_t)snprintf(text.s + len, sizeof(text.s) - len, "%s%s%s%s%s",
                                i ? " > " : "", name, label ? " (" : "", label ? label : "",
                                label ? ")" : "");
    return text;
}

void holder_json(struct json *json, const struct holder *h)
{
    const char *name;

    json_array(json, "chain");
    for (size_t i = 0; (name = holder_link(h, i, NULL)); i++)
        json_str(json, NULL, name);
    json_end_array(json);
    json_str(json, "what", h->what);
    json_str(json, "text", HOLDER_STR(h));
}

void holders_json(struct json *json, const struct holder *list, size_t n)
{
    json_array(json, "holders");
    for (size_t i = 0; i < n; i++) {
        json_object(json, NULL);
        holder_json(json, &list[i]);
        json_end_object(json);
    }
    json_end_array(json);
}

int holders_add(struct holders *all, const char *what, const struct holder *h, struct err *e)
{
    if (ARRAY_GROW(all->list, all->n))
        return err_nomem(e);
    all->list[all->n] = *h;
    all->list[all->n++].what = what;
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_child.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/child.h"
#include "fake_hv.h"
#include "migrate/wire.h"

#define ORDERS 16

struct child {
    char *order;
};

static struct {
    bool set;
    char line[8192];
    bool none;
} answers[ORDERS];
static unsigned n_orders;
static char logged[65536], last_order[65536];
static int xl_code;
static char xl_says[1024];
static void (*xl_hook_)(void);

void (*child_hook)(const char *order);
int (*child_takes)(char *const *argv, const char **says);

void child_begin(void)
{
    memset(answers, 0, sizeof(answers));
    n_orders = 0;
    *logged = '\0';
    child_hook = NULL;
    child_takes = NULL;
    child_xl(0, "", NULL);
}

void child_answers(unsigned n, const char *line)
{
    size_t i = n_orders + n - 1;

    assert_in_range(i, 0, ORDERS - 1);
    answers[i].set = true;
    answers[i].none = !line;
    snprintf(answers[i].line, sizeof(answers[i].line), "%s", line ? line : "");
}

void child_xl(int code, const char *says, void (*hook)(void))
{
    xl_code = code;
    snprintf(xl_says, sizeof(xl_says), "%s", says);
    xl_hook_ = hook;
}

const char *child_log(void)
{
    return logged;
}

__attribute__((format(printf, 1, 2)))
static void note(const char *fmt, ...)
{
    size_t len = strlen(logged);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(logged + len, sizeof(logged) - len, fmt, ap);
    va_end(ap);
}

int child_start(struct child **ret, const char *command, struct err *e)
{
    (void)e;
    note("start %s\n", command);
    *ret = calloc(1, sizeof(**ret));
    return 0;
}

int child_say(struct child *c, const char *text, size_t len, int timeout_ms, struct err *e)
{
    (void)timeout_ms;
    (void)e;
    assert_int_equal(text[len - 1], '\n');
    free(c->order);
    c->order = strndup(text, len);
    snprintf(last_order, sizeof(last_order), "%s", c->order);
    return 0;
}

const char *child_order(void)
{
    return last_order;
}

/* As receive.c answers when all is well. */
static char *good_answer(const struct order *order)
{
    struct json *json = answer_begin(order->version);
    bool devices = order->kind == ORDER_CHECK || order->kind == ORDER_RESTORE;
    const char *text;
    struct err e;
    size_t len;
    char *copy;

    json_array(json, "results");
    for (size_t i = 0; devices && i < order->manifest.n; i++) {
        const struct manifest_device *d = &order->manifest.devices[i];

        json_object(json, NULL);
        json_str(json, "bdf", BDF_STR(d->dev.bdf));
        json_str(json, "status", order->kind == ORDER_CHECK ? "already" : "done");
        json_strf(json, "vslot", "0x%02x", d->pci.vslot);
        json_int(json, "vfunc", d->pci.vfunc);
        json_str(json, "message", "attached to somebody at some slot");
        json_end_object(json);
    }
    json_end_array(json);
    assert_int_equal(json_take_text(json, &text, &len, &e), 0);
    copy = strndup(text, len - 1);
    json_free(json);
    return copy;
}

int child_hear(struct child *c, size_t max, int timeout_ms, char **ret, size_t *len,
               struct err *e)
{
    static const char *const words[] = { "check", "keep", "restore", "drop" };
    struct order order;
    unsigned n = n_orders++;
    int r;

    (void)max;
    assert_in_range(n, 0, ORDERS - 1);
    assert_true(timeout_ms > 0);
    r = order_read(c->order, strlen(c->order), &order, e);
    if (r)
        fail_msg("%s\n%s", e->message, c->order);
    note("%s %zu devices, %zu maps\n", words[order.kind], order.manifest.n, order.n_maps);
    if (child_hook)
        child_hook(words[order.kind]);
    *ret = answers[n].set ? strdup(answers[n].line) : good_answer(&order);
    *len = strlen(*ret);
    order_clear(&order);
    if (*len)
        return 0;
    free(*ret);
    *ret = NULL;
    return answers[n].none ? err_set(e, XV_CANNOT, ETIMEDOUT, "no answer in time")
                           : err_set(e, XV_CANNOT, EPIPE, "it ended without an answer, with exit "
                                     "code 127");
}

struct child *child_end(struct child *c, int timeout_ms)
{
    (void)timeout_ms;
    if (c) {
        note("end\n");
        free(c->order);
    }
    free(c);
    return NULL;
}

int child_run(char *const *argv, int keep, int *ret, char **says, struct err *e)
{
    (void)keep;
    (void)e;
    note("run");
    for (; *argv; argv++)
        note(" %s", *argv);
    note("\n");
    if (xl_hook_)
        xl_hook_();
    *ret = xl_code;
    if (says)
        *says = strdup(xl_says);
    return 0;
}

int child_take(char *const *argv, size_t max, int timeout_ms, int *ret, char **says, size_t *len,
               struct err *e)
{
    const char *text = "";
    int r = child_takes ? child_takes(argv, &text) : -ENOENT;

    assert_true(timeout_ms > 0 && timeout_ms <= 120000);
    if (r == -ETIMEDOUT)
        return err_set(e, XV_CANNOT, ETIMEDOUT, "no answer in time");
    if (r < 0)
        return err_sys(e, XV_CANNOT, -r, "start '%s'", argv[0]);
    *ret = r;
    *says = strndup(text, max);
    *len = strlen(*says);
    return 0;
}

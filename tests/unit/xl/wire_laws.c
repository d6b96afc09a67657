/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire_laws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "migrate/wire.h"

#define LAW(what)                                                       \
    do {                                                                \
        if (!(what)) {                                                  \
            fprintf(stderr, "broken law, line %d: %s\n", __LINE__, #what); \
            abort();                                                    \
        }                                                               \
    } while (0)

const char *wire_laws_sample(size_t i)
{
    static const char *const samples[WIRE_LAWS_SAMPLES] = {
        "a{\"schema\":\"xvtd-migrate/1\",\"results\":[{\"bdf\":\"0000:02:00.0\",\"status\":\"done\","
        "\"vslot\":\"0x07\",\"vfunc\":0,\"message\":\"attached\"},{\"bdf\":\"0000:09:00.0\",\"status\":"
        "\"failed\",\"vslot\":null,\"vfunc\":3,\"message\":\"no \\u001b[0m\\nsuch device\"}],\"error\":{"
        "\"code\":5,\"kind\":\"incomplete\",\"message\":\"left\\u0007\",\"hint\":\"h\"}}\n",
        "o{\"schema\":\"xvtd-migrate/1\",\"do\":\"check\",\"maps\":[\"2:0.0=3:0.0\"],\"manifest\":\"{"
        "\\\"schema\\\":\\\"xvtd-manifest/1\\\",\\\"domain\\\":{\\\"uuid\\\":\\\"00000000-0000-4000-8000-"
        "000000000001\\\",\\\"name\\\":\\\"vm1\\\"},\\\"devices\\\":[{\\\"bdf\\\":\\\"0000:02:00.0\\\","
        "\\\"domid\\\":1,\\\"vslot\\\":\\\"0x07\\\",\\\"vfunc\\\":0,\\\"permissive\\\":true,\\\"msitranslate"
        "\\\":false,\\\"power_mgmt\\\":false,\\\"rdm_policy\\\":null,\\\"identity\\\":\\\"8086:10d3:8086:"
        "0000\\\",\\\"driver\\\":\\\"e1000e\\\",\\\"name\\\":null,\\\"allow\\\":\\\"\\\",\\\"group\\\":1}]}\"}\n",
    };

    return samples[i];
}

static void shown_laws(const char *text)
{
    for (; *text; text++)
        LAW((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void answer_laws(const char *text, size_t len)
{
    struct answer answer;
    struct err e = { .message = "" };

    if (answer_read(text, len, &answer, &e)) {
        LAW(*e.message);
    } else {
        LAW(answer.plan.n <= 256);
        LAW(answer.version >= WIRE_FIRST && answer.version <= WIRE_NEWEST);
        for (size_t i = 0; i < answer.plan.n; i++) {
            const struct step *step = &answer.plan.steps[i];

            LAW(step->kind == STEP_ATTACH && step_guest(step)->pci.vslot <= VSLOT_MAX && step_guest(step)->pci.vfunc < 8);
            LAW(step->status != STEP_WAITING && step->status <= STEP_FAILED);
            shown_laws(step->message);
        }
        if (answer.failed) {
            LAW(answer.error.code >= XV_FAILED && answer.error.code <= XV_CANNOT);
            LAW(*answer.error.message && answer.error.kind);
            shown_laws(answer.error.message);
            shown_laws(answer.error.hint);
        }
    }
    answer_clear(&answer);
}

/* Text that was read, written and read again is the same. */
static void again_laws(const struct order *order)
{
    struct json *json = NULL, *json2 = NULL;
    const char *text, *text2;
    struct order again;
    struct err e;
    size_t len, len2;

    LAW(!order_write(order, &json, &text, &len, &e));
    LAW(text[len - 1] == '\n' && !memchr(text, '\n', len - 1));
    LAW(!order_read(text, len, &again, &e));
    LAW(again.kind == order->kind && again.n_maps == order->n_maps);
    LAW(again.manifest.n == order->manifest.n);
    LAW(order->version >= WIRE_FIRST && order->version <= WIRE_NEWEST);
    LAW(again.version == WIRE_NEWEST); /* we speak to ourselves */
    again.version = order->version;
    LAW(!order_write(&again, &json2, &text2, &len2, &e));
    LAW(len == len2 && !memcmp(text, text2, len));
    order_clear(&again);
    json_free(json);
    json_free(json2);
}

static void order_laws(const char *text, size_t len)
{
    struct order order;
    struct err e = { .message = "" };

    if (order_read(text, len, &order, &e)) {
        LAW(*e.message);
    } else {
        LAW(order.kind <= ORDER_DROP && order.n_maps <= 256);
        LAW(order.manifest.n && order.manifest.n <= 256);
        LAW(strlen(order.manifest.uuid) == 36 && !strpbrk(order.manifest.uuid, "/."));
        again_laws(&order);
    }
    order_clear(&order);
}

void wire_laws(const uint8_t *bytes, size_t len)
{
    char *text;

    if (!len)
        return;
    text = malloc(len); /* without the first byte, with a NUL */
    if (!text)
        abort();
    memcpy(text, bytes + 1, len - 1);
    text[len - 1] = '\0';
    if (*bytes == 'a')
        answer_laws(text, len - 1);
    else
        order_laws(text, len - 1);
    free(text);
}

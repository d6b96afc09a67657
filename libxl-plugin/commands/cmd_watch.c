/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch: prints events of passthrough devices as they happen. */
#include "commands/commands.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/document.h"
#include "base/out.h"
#include "names/operand.h"
#include "session/xvtd.h"
#include "watch/watch.h"

enum { O_EXEC = 1, O_READY };

/* How long to wait for a started program at the end of the watch. */
#define HOOK_END_MS 10000

static const struct cli_option options[] = {
    { O_EXEC, 0, "exec", CLI_ARG, "CMD",
      "run CMD with arguments ARG for each event, without a shell" },
    { O_READY, 0, "ready", CLI_NO_ARG, NULL,
      "with --json: begin with a \"watching\" event once events are delivered" },
    { 0 },
};

/* One run. */
struct watching {
    struct xvtd *x;
    struct records records;
    struct hook *hook;
};

static void devices_text(const struct event *event, char *buf, size_t size)
{
    size_t len = 0;

    *buf = '\0';
    for (size_t i = 0; i < event->n_devices && len < size; i++)
        len += (size_t)snprintf(buf + len, size - len, "%s%s", i ? " " : "",
                                BDF_STR(event->devices[i]));
}

static bool of_function(const struct event *event)
{
    return event->kind != EVENT_GUEST_GONE && event->kind != EVENT_AER_FAIL;
}

static void domain_text(const struct event *event, char buf[HV_NAME_MAX])
{
    if (*event->domain)
        snprintf(buf, HV_NAME_MAX, "%s", event->domain);
    else
        snprintf(buf, HV_NAME_MAX, "domain %u", event->domid);
}

/* "attached to vm1 at 0x07" */
static void guests_function_text(const struct event *event, char *buf, size_t size)
{
    static const struct {
        const char *before, *after;
        bool place;
    } phrases[] = {
        [EVENT_ATTACHED] = { "attached to ", "", true },
        [EVENT_DETACHED] = { "detached from ", "", false },
        [EVENT_GONE] = { "gone from the host; ", " had it", true },
        [EVENT_PLUGGED] = { "plugged in, where ", " had a device", true },
        [EVENT_ERROR] = { "a PCI error; ", " has it", true },
        [EVENT_RECOVERED] = { "recovered from a PCI error; ", " has it", true },
        [EVENT_NOT_RECOVERED] = { "not recovered from a PCI error; ", " has it", true },
        [EVENT_LINK] = { "its link is down, and it does not answer; ", " has it", true },
    };
    char domain[HV_NAME_MAX], at[32] = "";

    domain_text(event, domain);
    if (event->vslot && event->vfunc)
        snprintf(at, sizeof(at), " at 0x%02x.%u", event->vslot, event->vfunc);
    else if (event->vslot)
        snprintf(at, sizeof(at), " at 0x%02x", event->vslot);
    snprintf(buf, size, "%s%s%s%s", phrases[event->kind].before, domain,
             phrases[event->kind].after, phrases[event->kind].place ? at : "");
}

/* "0000:02:00.0: attached to vm1 at 0x07" */
static void event_text(const struct event *event, char *buf, size_t size)
{
    char devices[256], domain[HV_NAME_MAX], what[192];

    devices_text(event, devices, sizeof(devices));
    domain_text(event, domain);
    switch (event->kind) {
    case EVENT_GUEST_GONE:
        snprintf(buf, size, "%s: gone%s%s", domain, *devices ? ", with " : "", devices);
        break;
    case EVENT_DRIVER:
        snprintf(buf, size, "%s: driver %s, was %s", BDF_STR(event->bdf),
                 *event->driver ? event->driver : "none",
                 *event->before ? event->before : "none");
        break;
    case EVENT_AER_FAIL:
        snprintf(buf, size, "%s: a PCI error that pciback could not handle (aerfail): %s", domain,
                 devices);
        break;
    default:
        guests_function_text(event, what, sizeof(what));
        snprintf(buf, size, "%s: %s", BDF_STR(event->bdf), what);
    }
}

static int print_json(const struct event *event, const char *when, const char *given,
                      struct err *e)
{
    CLEANUP(json_free_p) struct json *json = json_new_line("xvtd/1");
    const char *text;
    size_t len;
    int r;

    if (!json)
        return err_nomem(e);
    json_str(json, "event", event_word(event->kind));
    json_str(json, "time", when);
    json_str(json, "bdf", of_function(event) ? BDF_STR(event->bdf) : NULL);
    json_str(json, "given_name", *given ? given : NULL);
    if (event->kind != EVENT_DRIVER) {
        document_domain(json, event->domid, *event->domain ? event->domain : NULL);
    } else {
        json_null(json, "domain");
        json_str(json, "driver", *event->driver ? event->driver : NULL);
        json_str(json, "driver_before", *event->before ? event->before : NULL);
    }
    if (event->vslot)
        document_place(json, event->vslot, event->vfunc);
    if (!of_function(event)) {
        json_array(json, "devices");
        for (size_t i = 0; i < event->n_devices; i++)
            json_str(json, NULL, BDF_STR(event->devices[i]));
        json_end_array(json);
    }
    r = json_take_text(json, &text, &len, e);
    if (!r && (r = out_text(text)))
        out_error(r, e);
    return r;
}

/* The hook's environment; NULL when memory is short. */
struct environment {
    char **list;
    size_t n;
    bool failed;
};

__attribute__((format(printf, 3, 4)))
static void add_value(struct environment *env, const char *key, const char *fmt, ...)
{
    AUTO_FREE char *value = NULL;
    char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&value, fmt, ap) < 0)
        value = NULL;
    va_end(ap);
    /* an event has at most ten */
    if (!env->list)
        env->list = calloc(16, sizeof(*env->list));
    if (!value || !env->list || asprintf(&text, "XVTD_%s=%s", key, value) < 0)
        env->failed = true;
    else
        env->list[env->n++] = text;
}

static char **environment(const struct event *event, const char *when, const char *given)
{
    struct environment env = { .n = 0 };
    char devices[4096];

    add_value(&env, "EVENT", "%s", event_word(event->kind));
    add_value(&env, "TIME", "%s", when);
    if (of_function(event))
        add_value(&env, "BDF", "%s", BDF_STR(event->bdf));
    if (*given)
        add_value(&env, "NAME", "%s", given);
    if (event->kind == EVENT_DRIVER) {
        add_value(&env, "DRIVER", "%s", event->driver);
        add_value(&env, "DRIVER_BEFORE", "%s", event->before);
    } else {
        add_value(&env, "DOMID", "%u", event->domid);
        add_value(&env, "DOMAIN", "%s", event->domain);
    }
    if (event->vslot) {
        add_value(&env, "VSLOT", "0x%02x", event->vslot);
        add_value(&env, "VFUNC", "%u", event->vfunc);
    }
    if (!of_function(event)) {
        devices_text(event, devices, sizeof(devices));
        add_value(&env, "DEVICES", "%s", devices);
    }
    for (size_t i = 0; env.failed && i < env.n; i++)
        free(env.list[i]);
    if (env.failed)
        free(env.list);
    return env.failed ? NULL : env.list;
}

static void complain(const struct err *e, void *user)
{
    const struct watching *w = user;

    out_note("%s: watch: %s", w->x->name, e->message);
}

static int tell(const struct event *event, void *user, struct err *e)
{
    char when[32], local[32], text[512], given[DEVICE_NAME_MAX] = "";
    struct watching *w = user;
    time_t now = time(NULL);
    struct tm tm;
    char **env;
    int r = 0;

    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
    strftime(local, sizeof(local), "%H:%M:%S", localtime_r(&now, &tm));
    if (of_function(event))
        device_name_of(w->x->root, &w->records, event->bdf, given);
    event_text(event, text, sizeof(text));
    if (w->x->json)
        r = print_json(event, when, given, e);
    else
        out_line("%s %s", local, text);
    if (!r && fflush(stdout))
        r = out_error(-errno, e);
    if (r || !w->hook)
        return r;
    env = environment(event, when, given);
    if (!env)
        return err_nomem(e);
    /* A hook that cannot be run does not stop the watch. */
    if (hook_add(w->hook, env, text, e))
        complain(e, w);
    return 0;
}

static int open_hook(struct watching *w, const struct cli_args *args, char **argv, struct err *e)
{
    const char *program = cli_value(args, O_EXEC);

    if (!program && args->n_operands)
        return err_on(e, XV_USAGE, EINVAL, args->operands[0], "arguments go with --exec");
    if (!program)
        return 0;
    if (!*program)
        return err_set(e, XV_USAGE, EINVAL, "--exec: '' is no program");
    argv[0] = (char *)program;
    for (size_t i = 0; i < args->n_operands; i++)
        argv[i + 1] = args->operands[i];
    return hook_open(&w->hook, argv, w->x->json, e);
}

/* Tells the reader that no event is missed from now on. */
static int say_ready(struct err *e)
{
    CLEANUP(json_free_p) struct json *json = json_new_line("xvtd/1");
    const char *text;
    size_t len;
    int r;

    if (!json)
        return err_nomem(e);
    json_str(json, "event", "watching");
    r = json_take_text(json, &text, &len, e);
    if (!r && (r = out_text(text)))
        out_error(r, e);
    return r;
}

static int run(void *program, const struct cli_args *args, struct err *e)
{
    AUTO_FREE char **argv = calloc(args->n_operands + 2, sizeof(*argv));
    struct watching w = { .x = program };
    struct watch *watch = NULL;
    struct xs *xs = NULL;
    size_t left;
    int r = argv ? open_hook(&w, args, argv, e) : err_nomem(e);

    if (!r)
        r = xs_open_handle(&xs, e);
    w.records = (struct records){ .xs = xs, .root = w.x->root };
    if (!r)
        r = watch_open(&watch, w.x->root, xs, e);
    if (!r && w.x->json && cli_has(args, O_READY))
        r = say_ready(e);
    if (!r) {
        xvtd_note(w.x, "ready", "", "watching; press Ctrl-C to stop");
        r = watch_run(watch, w.hook, tell, complain, &w, e);
    }
    hook_close(w.hook, HOOK_END_MS, &left);
    if (left)
        xvtd_note(w.x, "not-run", argv[0], "%s was not run for %zu events", argv[0], left);
    watch_close(watch);
    xs_close_handle(xs);
    return r;
}

const struct cli_command cmd_watch = {
    .name = "watch",
    .operands = "[ARG...]",
    .summary = "print events of passthrough devices as they happen",
    .details =
        "With --json each event is one line. Events: attached, detached, guest-gone,\n"
        "driver; of a guest's device: gone, plugged, error, recovered, not-recovered,\n"
        "aerfail. CMD gets the event in its environment: XVTD_EVENT, XVTD_TIME,\n"
        "XVTD_BDF, XVTD_NAME, XVTD_DOMAIN, XVTD_DOMID, XVTD_VSLOT, XVTD_VFUNC,\n"
        "XVTD_DRIVER, XVTD_DRIVER_BEFORE, XVTD_DEVICES. One CMD runs at a time; later\n"
        "events wait.\n",
    .example = "xvtd watch --exec /usr/local/sbin/on-pci-event",
    .max = 64,
    .options = options,
    .run = run,
};

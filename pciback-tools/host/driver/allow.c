/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "driver/allow.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct {
    const char *word;
    unsigned bit;
} words[] = {
    { "absent", ALLOW_ABSENT },
    { "in-use", ALLOW_IN_USE },
    { "split-group", ALLOW_SPLIT_GROUP },
    { "boot-hidden", ALLOW_BOOT_HIDDEN },
    { "no-reset", ALLOW_NO_RESET },
    { "twin", ALLOW_TWIN },
};

static int no_such_check(const char *value, unsigned known, struct err *e)
{
    unsigned left = 0;
    int r = err_set(e, XV_USAGE, EINVAL, "--allow=%s: no such check: expected ", value);

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        left += (known & words[i].bit) != 0;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (known & words[i].bit)
            err_append(e, "%s%s", words[i].word, --left > 1 ? ", " : left ? " or " : "");
    return r;
}

int allow_parse(const struct cli_args *args, int id, unsigned known, unsigned *ret,
                struct err *e)
{
    unsigned allow = 0;

    for (size_t i = 0; i < args->n_given; i++) {
        unsigned bit = 0;

        if (args->given[i].id != id)
            continue;
        for (size_t w = 0; w < ARRAY_LEN(words); w++)
            if (!strcmp(words[w].word, args->given[i].value))
                bit = words[w].bit & known;
        if (!bit)
            return no_such_check(args->given[i].value, known, e);
        allow |= bit;
    }
    *ret = allow;
    return 0;
}

enum twins allow_twins(unsigned allow)
{
    return allow & ALLOW_TWIN ? TWINS_ALLOWED : TWINS_ASK;
}

void allow_format(unsigned allow, char buf[ALLOW_TEXT_MAX])
{
    *buf = '\0';
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (allow & words[i].bit) {
            if (*buf)
                strcat(buf, ",");
            strcat(buf, words[i].word);
        }
}

unsigned allow_read(const char *text)
{
    unsigned allow = 0;

    for (const char *p = text; *p; p += strcspn(p, ","), p += *p == ',')
        for (size_t i = 0; i < ARRAY_LEN(words); i++)
            if (strcspn(p, ",") == strlen(words[i].word) &&
                !strncmp(p, words[i].word, strlen(words[i].word)))
                allow |= words[i].bit;
    return allow;
}

int refuse_bridge(struct bdf bdf, struct err *e)
{
    int r = err_on(e, XV_REFUSED, EPERM, BDF_STR(bdf),
                   "a bridge stays with the host; the devices behind it can be assigned");

    err_kind(e, "bridge");
    return r;
}

int refuse_in_use(struct bdf bdf, const struct holder *holders, size_t n, struct err *e)
{
    int r = err_on(e, XV_REFUSED, EBUSY, BDF_STR(bdf), "dom0 uses it: %s (%s)",
                   HOLDER_STR(&holders[0]), holders[0].what);

    if (n > 1)
        err_append(e, " and %zu more", n - 1);
    err_kind(e, "in-use");
    err_hint(e, "free it in dom0 first; --allow=in-use takes it anyway, and dom0 loses it");
    return r;
}

int refuse_boot_hidden(struct bdf bdf, struct err *e)
{
    int r = err_on(e, XV_REFUSED, EPERM, BDF_STR(bdf),
                   "the boot configuration hides it from dom0, so it should stay in pciback");

    err_kind(e, "boot-hidden");
    err_hint(e, "--allow=boot-hidden gives it to a native driver until the next boot");
    return r;
}

/* "vm1" as an operand; "domain 7" is one without a name, and a digit would begin a domid. */
static void guest_operand(const char *name, char *buf, size_t size)
{
    bool number = !strncmp(name, "domain ", 7);

    snprintf(buf, size, "%s%s", number ? "id:" : *name >= '0' && *name <= '9' ? "name:" : "",
             number ? name + 7 : name);
}

int check_vf_guests(struct bdf bdf, const struct holder *holders, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        const char *vf, *guest;
        char operand[256];
        int r;

        if (strcmp(holders[i].what, HOLDER_VF))
            continue;
        vf = holder_link(&holders[i], 0, NULL);
        guest = holder_link(&holders[i], 1, NULL);
        guest_operand(guest, operand, sizeof(operand));
        r = err_on(e, XV_REFUSED, EBUSY, BDF_STR(bdf),
                   "guest '%s' has its virtual function %s, which this change would remove", guest,
                   vf);
        err_kind(e, "vf-owned");
        err_hint(e, "detach it there first: xvtd detach %s %s", SHELL_STR(operand), vf);
        return r;
    }
    return 0;
}

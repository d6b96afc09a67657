/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gen.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define ONE_OF(g, a) ((a)[gen_pick(g, (unsigned)COUNT(a))])

unsigned gen_pick(struct gen *g, unsigned n)
{
    g->seed = g->seed * 1664525u + 1013904223u;
    return (g->seed >> 10) % n;
}

__attribute__((format(printf, 2, 3)))
static void put(struct gen *g, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(g->text + g->len, GEN_MAX - g->len, fmt, ap);
    va_end(ap);
    if (n > 0 && g->len + (size_t)n < GEN_MAX)
        g->len += (size_t)n;
    g->text[g->len] = '\0';
}

static void blanks(struct gen *g)
{
    static const char *const some[] = { "", "", " ", " ", " ", "  ", "\t", "    " };

    put(g, "%s", ONE_OF(g, some));
}

static void line_end(struct gen *g, const char *eol)
{
    static const char *const comments[] = {
        "# a comment", "#", "# pci = [ 'x' ]", "# it's [ open", "#\t\"", "# \xe2\x80\x98q\xe2\x80\x99",
    };

    blanks(g);
    if (gen_pick(g, 4) == 0)
        put(g, "%s", ONE_OF(g, comments));
    put(g, "%s", eol);
}

static void spec(struct gen *g)
{
    static const char *const tails[] = {
        "", "", "", "", "@7", "@1f", ",permissive=1", "@5,seize=0,msitranslate=1", ",key=v",
        ",rdm_policy=relaxed", ",permissive=yes", "@0", ", seize=1", "\\n", "\\'", "\\012x",
    };
    static const char *const quotes = "'\"";
    char quote = quotes[gen_pick(g, 2)];

    put(g, "%c", quote);
    if (gen_pick(g, 8) == 0)
        put(g, "name=nic%u", gen_pick(g, 3));
    else
        put(g, gen_pick(g, 2) ? "0000:%02x:00.%u" : "%02x:00.%u", gen_pick(g, 6),
            gen_pick(g, 8));
    put(g, "%s%c", ONE_OF(g, tails), quote);
}

static void list(struct gen *g, const char *eol)
{
    unsigned layout = gen_pick(g, 4), n = gen_pick(g, 5);

    put(g, "[");
    for (unsigned i = 0; i < n; i++) {
        if (layout == 1 || (layout == 2 && i) || (layout == 3 && gen_pick(g, 3) == 0)) {
            line_end(g, eol);
            put(g, "%s", gen_pick(g, 3) ? "    " : "\t");
        } else {
            blanks(g);
        }
        spec(g);
        if (layout == 3)
            blanks(g);
        if (i + 1 < n || gen_pick(g, 4) == 0)
            put(g, ",");
    }
    if (layout == 1 || (layout == 3 && gen_pick(g, 3) == 0))
        line_end(g, eol);
    else
        blanks(g);
    put(g, "]");
}

static void statement(struct gen *g, const char *eol)
{
    static const char *const atoms[] = {
        "name = \"vm1\"", "name='vm\\t2'", "memory=4096", "vcpus = 0x2", "type=\"hvm\"",
        "builder = 'hvm'", "passthrough = \"enabled\"", "name += \"x\"", "on_crash = 'restart'",
        "pci_permissive = 1", "x.y_z=0", "rdm=\"strategy=host,policy=relaxed\"",
        "disk = [ 'a,b,[c]', \"d # e\" ]", "vif=['mac=00:16:3e:00:00:01'\n,]", "pci = \"x\"",
    };
    unsigned which = gen_pick(g, 4);

    if (which == 0) {
        put(g, gen_pick(g, 4) == 0 ? "pci+=" : "pci%s=%s", gen_pick(g, 2) ? " " : "",
            gen_pick(g, 2) ? " " : "");
        list(g, eol);
    } else if (which < 3) {
        put(g, "%s", ONE_OF(g, atoms));
    }
}

void gen_cfg(struct gen *g)
{
    const char *eol = gen_pick(g, 8) == 0 ? "\r\n" : "\n";

    g->len = 0;
    g->text[0] = '\0';
    for (unsigned n = gen_pick(g, 8); n > 0; n--) {
        if (gen_pick(g, 4) == 0)
            blanks(g);
        statement(g, eol);
        if (gen_pick(g, 6) == 0)
            put(g, ";");
        else
            line_end(g, eol);
    }
    if (gen_pick(g, 2))
        statement(g, eol);
}

void gen_break(struct gen *g)
{
    static const char *const bits[] = {
        "'", "\"", "[", "]", ",", "=", "+=", "\n", "\r\n", "\r", "#", ";", "\\", "\\x41", "\\1",
        "\\01", "\\012", "\\0-1", "\\q", " ", "\t", "pci", "A", "a", "7", "0x", "$", "+", "-", "(",
        ":", "\xe2\x80\x98", "\xe2\x80\x99", "\xc2\xb4", "`", "\xff", "[ [", "] ]", "pci = [ '1:2.3'",
    };

    for (unsigned n = 1 + gen_pick(g, 3); n > 0; n--) {
        const char *bit = ONE_OF(g, bits);
        size_t at = gen_pick(g, (unsigned)g->len + 1), len = strlen(bit);
        size_t drop = gen_pick(g, 3);

        if (drop > g->len - at)
            drop = g->len - at;
        if (gen_pick(g, 2))
            len = 0;
        if (g->len - drop + len >= GEN_MAX)
            return;
        memmove(g->text + at + len, g->text + at + drop, g->len - at - drop);
        memcpy(g->text + at, bit, len);
        g->len = g->len - drop + len;
        g->text[g->len] = '\0';
    }
}

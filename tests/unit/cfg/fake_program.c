/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_program.h"

#include "../fake/fake_record.h"
#include "groups/groups.h"
#include "names/operand.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "shim.h"

static struct fake_program *running;

/* The program's own, as program.c has them. */
struct json *xvtd_json(struct xvtd *x)
{
    if (!x->doc)
        x->doc = json_new();
    return x->doc;
}

void xvtd_note(const struct xvtd *x, const char *kind, const char *object, const char *fmt, ...)
{
    size_t len = strlen(running->notes);
    char text[1024], line[1040];
    va_list ap;

    if (x->quiet)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    snprintf(line, sizeof(line), "xvtd: %s", text);
    record_prose("xvtd", line);
    snprintf(running->notes + len, sizeof(running->notes) - len, "%s %s\n", kind, object);
}

void fake_open(struct fake_program *p)
{
    memset(p, 0, sizeof(*p));
    shim = (struct shim){ .count = 0 };
    strcpy(p->dir, "/tmp/xvtd-test-cmd.XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    p->back = open(".", O_RDONLY | O_DIRECTORY);
    assert_int_equal(chdir(p->dir), 0);
    assert_int_equal(root_open(&p->x.root, p->dir, &p->e), 0);
}

void fake_close(struct fake_program *p)
{
    char command[128];

    json_free(p->x.doc);
    root_close(p->x.root);
    assert_int_equal(fchdir(p->back), 0);
    close(p->back);
    snprintf(command, sizeof(command), "rm -rf '%s'", p->dir);
    assert_int_equal(system(command), 0);
}

void fake_put(struct fake_program *p, const char *name, const char *text)
{
    FILE *f = fopen(name, "w");

    (void)p;
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

void fake_assert_text(struct fake_program *p, const char *name, const char *text)
{
    char there[4096];
    FILE *f = fopen(name, "r");

    (void)p;
    assert_non_null(f);
    there[fread(there, 1, sizeof(there) - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(there, text);
}

/* Two capabilities of extended space: one of another kind, then the serial number. */
static void put_config(const char *path, unsigned long long serial)
{
    unsigned char config[0x200] = { 0 };
    FILE *f = fopen(path, "w");

    config[0x100] = 1;
    config[0x102] = 1;
    if (serial) {
        config[0x103] = 0x14; /* the next one is at 140 */
        config[0x140] = 3;
        config[0x142] = 1;
        serial = serial >> 8; /* 00-1b-21-... : the upper byte is 0 */
        for (int i = 0; i < 8; i++)
            config[0x144 + i] = (unsigned char)(serial >> 8 * i);
    }
    assert_non_null(f);
    fwrite(config, 1, sizeof(config), f);
    assert_int_equal(fclose(f), 0);
}

void fake_device(struct fake_program *p, const char *bdf, const char *vendor,
                 const char *device, unsigned long long serial)
{
    const struct {
        const char *name, *value;
    } files[] = { { "vendor", vendor }, { "device", device }, { "subsystem_vendor", "1234" },
                  { "subsystem_device", "5678" } };
    char path[160], text[32];

    for (const char *const *d = (const char *const[]){ "sys", "sys/bus", "sys/bus/pci",
                                                       "sys/bus/pci/devices", NULL }; *d; d++)
        mkdir(*d, 0755);
    snprintf(path, sizeof(path), "sys/bus/pci/devices/%s", bdf);
    assert_int_equal(mkdir(path, 0755), 0);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/%s", bdf, files[i].name);
        snprintf(text, sizeof(text), "0x%s\n", files[i].value);
        fake_put(p, path, text);
    }
    snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/config", bdf);
    put_config(path, serial);
}

/* Runs fn's command with stdout going to a file, which is read back. */
static int capture(struct fake_program *p, const struct cli_args *args)
{
    FILE *f = tmpfile();
    int saved, r;

    assert_non_null(f);
    fflush(stdout);
    saved = dup(1);
    dup2(fileno(f), 1);
    r = args->command->run(&p->x, args, &p->e);
    if (p->x.doc && (!r || p->x.doc_complete))
        json_write(p->x.doc, stdout, &p->e);
    fflush(stdout);
    dup2(saved, 1);
    close(saved);
    rewind(f);
    p->out[fread(p->out, 1, sizeof(p->out) - 1, f)] = '\0';
    fclose(f);
    return r;
}

/* As run_argv() of the other layers does. */
static void record(const struct fake_program *p, const struct cli_command *command, int r)
{
    char *const words[] = { "xvtd", "--json", (char *)command->name, (char *)command->sub };
    char name[64];

    record_document((int)ARRAY_LEN(words), words, r ? (int)p->e.code : 0, p->out);
    snprintf(name, sizeof(name), "%s %s", command->name, command->sub);
    if (r)
        record_error("xvtd", name, &p->e);
}

int fake_run(struct fake_program *p, const struct cli_command *command, const char *options,
             const char *operands)
{
    static const struct cli_option none[] = { { 0 } };
    const struct cli_command *const commands[] = { command, NULL };
    const struct cli_program program = { .name = "xvtd", .options = none, .commands = commands };
    char line[512], *argv[32] = { NULL }, *word, *rest = line;
    bool files = !strncmp(operands, "FILES ", 6);
    enum cli_verdict verdict;
    struct cli_args args;
    int argc = 0, r;

    snprintf(line, sizeof(line), "xvtd %s %s %s%s%s", command->name, command->sub,
             *options ? options : "", *options ? " " : "", files ? operands + 6 : "vm.cfg");
    while ((word = strsep(&rest, " ")))
        argv[argc++] = word;
    rest = strdup(operands);
    word = rest;
    for (char *p2 = files ? NULL : word, *one; p2 && (one = strsep(&p2, " "));)
        argv[argc++] = one;
    running = p;
    p->notes[0] = '\0';
    p->x.doc = json_free(p->x.doc);
    p->x.doc_complete = false;
    r = cli_parse(&program, argc, argv, &args, &verdict, &p->e);
    assert_int_equal(r, 0);
    r = capture(p, &args);
    record(p, command, r);
    cli_args_clear(&args);
    free(word);
    return r ? (int)p->e.code : 0;
}

/*
 * The host's groups are of another layer; what the commands make of an answer is tested
 * through struct check_host (test_check.c), the whole in the lab.
 */
int inventory_open(struct inventory **ret, const struct root *root, struct err *e)
{
    (void)ret, (void)root;
    return err_set(e, XV_CANNOT, 0, "no inventory here");
}

struct inventory *inventory_close(struct inventory *inv)
{
    (void)inv;
    return NULL;
}

/* uplink0 is 0000:03:00.0. */
int device_named(const struct root *root, const struct records *records, const char *name,
                 struct bdf *ret, struct bdf *was, struct err *e)
{
    (void)root, (void)records, (void)was;
    if (strcmp(name, "uplink0"))
        return err_set(e, XV_NOT_FOUND, 2, "no name");
    *ret = (struct bdf){ .bus = 3 };
    return 0;
}

int groups_open(struct groups **ret, const struct root *root, const struct inventory *inv,
                struct err *e)
{
    (void)ret, (void)root, (void)inv;
    return err_set(e, XV_CANNOT, 0, "no groups here");
}

struct groups *groups_close(struct groups *g)
{
    (void)g;
    return NULL;
}

enum group_tie groups_tie(const struct groups *g, struct bdf a, struct bdf b)
{
    (void)g, (void)a, (void)b;
    return TIE_NONE;
}

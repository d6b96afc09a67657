/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"

#define COMMAND_MS 20000
#define COMMAND_MAX (1u << 20)
#define FILE_MAX (128u << 10)
#define FILES_MAX 64

static const struct {
    const char *name;
    char *const argv[5];    /* "": this program */
} commands[] = {
    { "version.txt", { "", "--version" } },
    { "kernel.txt", { "uname", "-srvm" } },
    { "xl-info.txt", { "xl", "info" } },
    { "xl-list.txt", { "xl", "list", "-v" } },
    { "check.json", { "", "--json", "check", "--explain" } },
    { "list.json", { "", "--json", "list", "--all" } },
    { "groups.json", { "", "--json", "groups" } },
    { "xenstore-backend.txt", { "xenstore-ls", "-f", "/local/domain/0/backend/pci" } },
    { "xenstore-libxl.txt", { "xenstore-ls", "-f", "/libxl/pci" } },
    { "xen-log.txt", { "xl", "dmesg" } },
    { "dom0-log.txt", { "dmesg" } },
};

/* A part that is not there; what happened is not this program's failure. */
static int miss(struct bundle *b, const char *name, const char *why, struct err *e)
{
    AUTO_FREE char *clean = NULL;
    struct bundle_part *part;
    size_t len = 0;
    int r = redact_text(b->redact, why, strlen(why), &clean, &len, e);

    part = r ? NULL : bundle_part(b, name);
    if (!part)
        return r ? r : err_nomem(e);
    part->failed = true;
    snprintf(part->message, sizeof(part->message), "%.*s", (int)strcspn(clean, "\n"), clean);
    return 0;
}

static int run_command(struct bundle *b, const char *name, char *const *words, struct err *e)
{
    char *argv[6] = { NULL }, self[] = "/proc/self/exe";
    AUTO_FREE char *says = NULL;
    struct err why;
    size_t len = 0;
    int code = 0, r;

    for (size_t i = 0; i < 5 && words[i]; i++)
        argv[i] = *words[i] ? words[i] : self;
    if (child_take(argv, COMMAND_MAX, COMMAND_MS, &code, &says, &len, &why))
        return miss(b, name, why.message, e);
    r = bundle_text(b, name, says, len, e);
    if (!r && code)
        snprintf(b->parts[b->n - 1].message, sizeof(b->parts[0].message), "exit code %d", code);
    return r;
}

int report_commands(struct bundle *b, struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < ARRAY_LEN(commands); i++)
        r = run_command(b, commands[i].name, commands[i].argv, e);
    return r;
}

/* The last FILE_MAX bytes of a file. */
static int add_file(struct bundle *b, const struct root *root, const char *name, const char *path,
                    struct err *e)
{
    AUTO_CLOSE int fd = root_openf(root, O_RDONLY | O_NONBLOCK, "%s", path);
    AUTO_FREE char *text = malloc(FILE_MAX);
    struct stat st;
    ssize_t n;

    if (!text)
        return err_nomem(e);
    if (fd < 0 || fstat(fd, &st))
        return miss(b, name, strerror(fd < 0 ? -fd : errno), e);
    if (!S_ISREG(st.st_mode))
        return miss(b, name, "it is no regular file", e);
    n = pread(fd, text, FILE_MAX, st.st_size > (off_t)FILE_MAX ? st.st_size - (off_t)FILE_MAX : 0);
    return n < 0 ? miss(b, name, strerror(errno), e) : bundle_text(b, name, text, (size_t)n, e);
}

/* Files of a folder whose names begin and end so; at most FILES_MAX of them. */
static int add_folder(struct bundle *b, const struct root *root, const char *folder,
                      const char *begin, const char *contains, struct err *e)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, "%s", folder);
    struct dirent *de;
    size_t n = 0;
    int r = 0;

    while (dir && !r && n < FILES_MAX && (de = root_readdir(dir))) {
        char path[600], name[616];

        if (*de->d_name == '.' || strncmp(de->d_name, begin, strlen(begin)) ||
            !strstr(de->d_name, contains) ||
            (de->d_type != DT_REG && de->d_type != DT_UNKNOWN))
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, de->d_name);
        snprintf(name, sizeof(name), "files/%s", path);
        r = add_file(b, root, name, path, e);
        n++;
    }
    return r;
}

int report_files(struct bundle *b, const struct root *root, struct err *e)
{
    static const struct {
        const char *folder, *begin, *contains;
    } folders[] = {
        { "var/log/xen", "qemu-dm-", ".log" },
        { "etc/xvtd", "", "" },
        { "var/lib/xvtd", "", ".json" },
        { "var/lib/xvtd/journal", "", "" },
    };
    static const char *const files[] = {
        "etc/os-release", "etc/default/grub", "etc/default/xendomains",
    };
    int r = 0;

    for (size_t i = 0; !r && i < ARRAY_LEN(folders); i++)
        r = add_folder(b, root, folders[i].folder, folders[i].begin, folders[i].contains, e);
    for (size_t i = 0; !r && i < ARRAY_LEN(files); i++) {
        char name[80];

        snprintf(name, sizeof(name), "files/%s", files[i]);
        r = add_file(b, root, name, files[i], e);
    }
    return r;
}

int report_index(struct bundle *b, struct err *e)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    int r;

    if (!f)
        return err_nomem(e);
    fprintf(f, "Names, addresses, serial numbers and paths are replaced by words like guest-1.\n"
               "xvtd --root host list (show, groups, check) works in this folder.\n\n");
    for (size_t i = 0; i < b->n; i++)
        if (b->parts[i].failed)
            fprintf(f, "%s: not there: %s\n", b->parts[i].name, b->parts[i].message);
        else
            fprintf(f, "%s: %zu bytes%s%s\n", b->parts[i].name, b->parts[i].bytes,
                    *b->parts[i].message ? ", " : "", b->parts[i].message);
    r = fclose(f) ? err_nomem(e) : bundle_bytes(b, "index.txt", text, len, e);
    free(text);
    return r;
}

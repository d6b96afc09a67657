/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hv/dm_open.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* QEMU's command line is about 2 KiB; libxl puts the number first (libxl_dm.c). */
#define LINE_BYTES 16384

/*
 * fcntl(2): the kernel refuses a read lease while a process has the file open for writing.  A
 * process that opens it for writing meanwhile waits until we close the descriptor.  The signal is
 * one that is ignored by default: SIGIO would end this program.
 */
bool dm_open_possible(const struct root *root, struct bdf bdf)
{
    AUTO_CLOSE int fd = root_openf(root, O_RDONLY | O_NONBLOCK, "sys/bus/pci/devices/%s/config",
                                   BDF_STR(bdf));

    if (fd < 0)
        return fd != -ENOENT;
    return fcntl(fd, F_SETSIG, SIGURG) || fcntl(fd, F_SETLEASE, F_RDLCK);
}

/* Is this process started as the device model of the domain: "-xen-domid", "7"? */
static bool is_device_model(int process, uint32_t domid)
{
    char line[LINE_BYTES], number[16];
    int len = root_read_at(process, "cmdline", line, sizeof(line));

    snprintf(number, sizeof(number), "%u", domid);
    for (const char *arg = line, *next; len > 0 && arg < line + len; arg = next) {
        next = arg + strlen(arg) + 1;
        if (!strcmp(arg, "-xen-domid"))
            return next < line + len && !strcmp(next, number);
    }
    return false;
}

/* "/sys/devices/pci0000:00/0000:00:1c.0/0000:02:00.0/config" */
static bool is_config(const char *path, struct bdf *ret)
{
    const char *file = strrchr(path, '/'), *folder = file;

    if (!file || strcmp(file, "/config") || strncmp(path, "/sys/", 5))
        return false;
    while (folder > path && folder[-1] != '/')
        folder--;
    return bdf_from_sysfs(folder, (size_t)(file - folder), ret);
}

static bool is_open_for_writing(int fdinfo, const char *fd)
{
    char text[256];
    const char *flags;

    if (root_read_at(fdinfo, fd, text, sizeof(text)) <= 0)
        return false;
    flags = strstr(text, "flags:");
    return flags && (strtoul(flags + strlen("flags:"), NULL, 8) & O_ACCMODE) != O_RDONLY;
}

static int read_open(int process, struct bdf **ret, size_t *n)
{
    AUTO_CLOSE int fdinfo = openat(process, "fdinfo", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fds = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    AUTO_CLOSEDIR DIR *dir = fds < 0 ? NULL : fdopendir(fds);
    const struct dirent *entry;

    if (!dir) {
        close_p(&fds);
        return -ESRCH;
    }
    while ((entry = root_readdir(dir))) {
        char path[PATH_MAX];
        ssize_t len = readlinkat(fds, entry->d_name, path, sizeof(path) - 1);
        struct bdf bdf;

        path[len < 0 ? 0 : len] = '\0';
        if (!is_config(path, &bdf) || !is_open_for_writing(fdinfo, entry->d_name))
            continue;
        if (ARRAY_GROW(*ret, *n))
            return -ENOMEM;
        (*ret)[(*n)++] = bdf;
    }
    return 0;
}

int dm_open_functions(const struct root *root, long pid, uint32_t domid, struct bdf **ret,
                      size_t *n)
{
    /* Another process may get the same PID; an open folder stays the first process's. */
    AUTO_CLOSE int process = root_openf(root, O_PATH | O_DIRECTORY, "proc/%ld", pid);
    AUTO_FREE struct bdf *list = NULL;
    size_t found = 0;
    int r = process >= 0 && is_device_model(process, domid) ? read_open(process, &list, &found)
                                                            : -ESRCH;

    if (r)
        return r;
    *ret = TAKE_PTR(list);
    *n = found;
    return 0;
}

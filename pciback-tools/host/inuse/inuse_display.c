/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Graphics: active displays, programs that draw, the console on the screen. */
#include "inuse/inuse_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* True for the firmware's display.  Only VGA devices have the attribute. */
static bool is_boot_vga(const struct root *root, struct bdf bdf)
{
    char text[8];

    return root_readf(root, text, sizeof(text), "sys/bus/pci/devices/%s/boot_vga",
                      BDF_STR(bdf)) > 0 &&
           !strcmp(text, "1");
}

/* Adds connectors that show a picture: "card0-HDMI-A-1". */
static int add_connectors(struct inuse *u, struct bdf bdf, struct holders *all, struct err *e)
{
    const struct kdev *dev;
    size_t i = 0;
    int r = 0;

    while (!r && (dev = inuse_next(u, bdf, KDEV_DRM, &i))) {
        struct holder h = { .len = 0 };
        char enabled[16], status[32];

        if (!strchr(dev->name, '-') ||
            root_readf(u->root, enabled, sizeof(enabled), "%s/enabled", dev->path) <= 0 ||
            root_readf(u->root, status, sizeof(status), "%s/status", dev->path) <= 0 ||
            strcmp(enabled, "enabled") || !strcmp(status, "disconnected"))
            continue;
        holder_push(&h, dev->name, NULL);
        r = holders_add(all, "display", &h, e);
    }
    return r;
}

/* The function's device with this path in /dev, "/dev/dri/card0"; or NULL. */
static const struct kdev *drm_node(const struct inuse *u, struct bdf bdf, const char *path)
{
    const struct kdev *dev;
    size_t i = 0;

    if (strncmp(path, "/dev/dri/", 9))
        return NULL;
    while ((dev = inuse_next(u, bdf, KDEV_DRM, &i)))
        if (!strcmp(path + 9, dev->name))
            return dev;
    return NULL;
}

/* Adds a process that has one of the function's devices open. */
static int add_process(struct inuse *u, struct bdf bdf, const char *pid, struct holders *all,
                       struct err *e)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(u->root, "proc/%s/fd", pid);
    struct dirent *de;

    while (dir && (de = root_readdir(dir))) {
        char path[PATH_MAX], name[64], label[32];
        struct holder h = { .len = 0 };
        const struct kdev *dev;

        if (root_readlinkf(u->root, path, "proc/%s/fd/%s", pid, de->d_name) ||
            !(dev = drm_node(u, bdf, path)))
            continue;
        if (root_readf(u->root, name, sizeof(name), "proc/%s/comm", pid) <= 0)
            snprintf(name, sizeof(name), "a process");
        snprintf(label, sizeof(label), "%.16s", pid);
        holder_push(&h, dev->name, NULL);
        holder_push(&h, name, label);
        return holders_add(all, "process", &h, e); /* one entry for each process */
    }
    return 0;
}

/* Adds programs that draw.  Only a function with a card requires a look at all processes. */
static int add_processes(struct inuse *u, struct bdf bdf, struct holders *all, struct err *e)
{
    AUTO_CLOSEDIR DIR *dir = NULL;
    struct dirent *de;
    size_t i = 0;
    int r = 0;

    if (!inuse_next(u, bdf, KDEV_DRM, &i))
        return 0;
    dir = root_opendirf(u->root, "proc");
    while (!r && dir && (de = root_readdir(dir)))
        if (strspn(de->d_name, "0123456789") == strlen(de->d_name))
            r = add_process(u, bdf, de->d_name, all, e);
    return r;
}

enum screen { SCREEN_NONE, SCREEN_VGA, SCREEN_FB };

/*
 * The screen of the virtual terminals: "(S) VGA+", "(M) frame buffer device", or the
 * dummy (drivers/tty/vt/vt.c, show_name()).
 */
static enum screen bound_screen(const struct root *root)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, "sys/class/vtconsole");
    enum screen found = SCREEN_NONE;
    struct dirent *de;

    while (dir && (de = root_readdir(dir))) {
        char bind[8], name[64];

        if (root_readf(root, bind, sizeof(bind), "sys/class/vtconsole/%s/bind", de->d_name) <= 0 ||
            strcmp(bind, "1") ||
            root_readf(root, name, sizeof(name), "sys/class/vtconsole/%s/name", de->d_name) <= 0)
            continue;
        if (strstr(name, "frame buffer"))
            found = SCREEN_FB;
        else if (strstr(name, "VGA") && found == SCREEN_NONE)
            found = SCREEN_VGA;
    }
    return found;
}

/*
 * True for the firmware's frame buffer (efifb, simpledrm), which is in the boot display's memory.
 */
static bool has_console_fb(const struct inuse *u, struct bdf bdf, bool boot_vga)
{
    const struct kdev *fb = kdevs_named(u->kdevs, KDEV_FB, "fb0"), *dev;
    size_t i = 0;

    if (!fb)
        return false;
    if (boot_vga && !strncmp(fb->path, "sys/devices/platform/", 21))
        return true;
    while ((dev = inuse_next(u, bdf, KDEV_FB, &i)))
        if (dev == fb)
            return true;
    return false;
}

static int add_console(struct inuse *u, struct bdf bdf, struct holders *all, struct err *e)
{
    bool boot_vga = is_boot_vga(u->root, bdf);
    struct holder h = { .len = 0 };
    const char *what = "console";
    char driver[64];
    size_t i = 0;

    if (!boot_vga && !inuse_next(u, bdf, KDEV_FB, &i))
        return 0;
    root_link_name(u->root, driver, sizeof(driver), "sys/bus/pci/devices/%s/driver",
                   BDF_STR(bdf));
    switch (bound_screen(u->root)) {
    case SCREEN_FB:
        if (!has_console_fb(u, bdf, boot_vga))
            return 0;
        holder_push(&h, "fb0", NULL);
        holder_push(&h, "tty0", NULL);
        break;
    case SCREEN_VGA:
        if (!boot_vga)
            return 0;
        holder_push(&h, "VGA text", NULL);
        holder_push(&h, "tty0", NULL);
        break;
    default:
        /* Nothing is shown now, but a boot display with a driver would show messages. */
        if (!boot_vga || !*driver)
            return 0;
        holder_push(&h, "boot_vga", NULL);
        what = "boot display";
    }
    return holders_add(all, what, &h, e);
}

int inuse_display(struct inuse *u, struct bdf bdf, struct holders *all, struct err *e)
{
    int r = add_console(u, bdf, all, e);

    if (!r)
        r = add_connectors(u, bdf, all, e);
    return r ? r : add_processes(u, bdf, all, e);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes up machines for --root, of any size, from a text of one line a function:
 *
 *   machine DIR <TEXT     makes DIR/sys
 *   machine --lines N     prints the text of a machine of about N functions
 *
 *   BDF PARENT KIND VENDOR:DEVICE CLASS [WORD...]
 *   0000:00:01.0 - port 8086:2030 060400 bus=01 acs
 *   0000:01:00.0 0000:00:01.0 endpoint 8086:10d3 020000 driver=e1000e net=eth0
 *
 * PARENT is the bridge above, listed before, or `-`.  KIND: endpoint, integrated, port, up,
 * down, pcie-pci, pci (no PCIe capability), pci-bridge.  Words: bus=XX (secondary bus), acs,
 * mf (multi-function), short (256 bytes of configuration space), driver=NAME, net=NAME,
 * nvme=NAME, pf=BDF (a virtual function of it), sub=VENDOR:DEVICE.  `#` begins a comment.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct kind {
    const char *name;
    int pcie_type;      /* PCIe 7.5.3.2, -1: conventional */
    bool bridge;
} kinds[] = {
    { "endpoint", 0x0, false }, { "integrated", 0x9, false }, { "port", 0x4, true },
    { "up", 0x5, true }, { "down", 0x6, true }, { "pcie-pci", 0x7, true },
    { "pci", -1, false }, { "pci-bridge", -1, true },
};

struct function {
    char bdf[20], parent[20], pf[20], driver[32], net[16], nvme[16];
    const struct kind *kind;
    unsigned vendor, device, subvendor, subdevice, class, bus;
    bool acs, multifunction, brief;
    char path[512];     /* below DIR/sys/devices */
};

static struct function *all;
static size_t n_all;
static unsigned line_number;

__attribute__((noreturn)) static void die(const char *what, const char *object)
{
    fprintf(stderr, "machine: line %u: %s: %s\n", line_number, what, object);
    exit(1);
}

/* The text */

static void word(struct function *f, const char *w)
{
    if (sscanf(w, "bus=%2x", &f->bus) == 1 || sscanf(w, "driver=%31s", f->driver) == 1 ||
        sscanf(w, "net=%15s", f->net) == 1 || sscanf(w, "nvme=%15s", f->nvme) == 1 ||
        sscanf(w, "pf=%19s", f->pf) == 1 ||
        sscanf(w, "sub=%4x:%4x", &f->subvendor, &f->subdevice) == 2)
        return;
    if (!strcmp(w, "acs"))
        f->acs = true;
    else if (!strcmp(w, "mf"))
        f->multifunction = true;
    else if (!strcmp(w, "short"))
        f->brief = true;
    else
        die("what is this word", w);
}

static struct function *find(const char *bdf)
{
    for (size_t i = n_all; i--; )   /* a parent is most often near */
        if (!strcmp(all[i].bdf, bdf))
            return &all[i];
    return NULL;
}

static void parse(char *line, struct function *f)
{
    char kind[16], *p;
    int used = 0;

    memset(f, 0, sizeof(*f));
    if (sscanf(line, "%19s %19s %15s %4x:%4x %6x %n", f->bdf, f->parent, kind, &f->vendor,
               &f->device, &f->class, &used) != 6)
        die("not BDF PARENT KIND VENDOR:DEVICE CLASS", line);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (!strcmp(kinds[i].name, kind))
            f->kind = &kinds[i];
    if (!f->kind)
        die("no such kind", kind);
    for (p = strtok(line + used, " "); p; p = strtok(NULL, " "))
        word(f, p);
    if (strcmp(f->parent, "-")) {
        const struct function *parent = find(f->parent);

        if (!parent)
            die("this parent is not there yet", f->parent);
        if (snprintf(f->path, sizeof(f->path), "%s/%s", parent->path, f->bdf) >=
            (int)sizeof(f->path))
            die("too deep", f->bdf);
    } else {
        snprintf(f->path, sizeof(f->path), "pci%.*s/%s", (int)strlen(f->bdf) - 5, f->bdf,
                 f->bdf);
    }
}

/* The tree; the current folder is DIR/sys */

static void make_folders(const char *path)
{
    char copy[PATH_MAX];

    snprintf(copy, sizeof(copy), "%s", path);
    for (char *p = copy; (p = strchr(p, '/')); p++) {
        *p = '\0';
        if (mkdir(copy, 0755) && errno != EEXIST)
            die(strerror(errno), copy);
        *p = '/';
    }
    if (mkdir(copy, 0755) && errno != EEXIST)
        die(strerror(errno), copy);
}

static void write_file(int dir, const char *name, const void *bytes, size_t len)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || close(fd))
        die(strerror(errno), name);
}

__attribute__((format(printf, 3, 4)))
static void write_text(int dir, const char *name, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    write_file(dir, name, text, (size_t)n);
}

__attribute__((format(printf, 2, 3)))
static void make_link(const char *from, const char *fmt, ...)
{
    char to[PATH_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(to, sizeof(to), fmt, ap);
    va_end(ap);
    if (symlink(to, from))
        die(strerror(errno), from);
}

static void set16(uint8_t *config, size_t at, unsigned value)
{
    config[at] = (uint8_t)value;
    config[at + 1] = (uint8_t)(value >> 8);
}

static void write_config(int dir, const struct function *f)
{
    uint8_t c[4096] = { 0 };

    set16(c, 0x00, *f->pf ? 0xffff : f->vendor);
    set16(c, 0x02, *f->pf ? 0xffff : f->device);
    set16(c, 0x04, 0x0006);
    set16(c, 0x06, 0x0010);
    c[0x08] = 1;
    c[0x09] = (uint8_t)f->class;
    set16(c, 0x0a, f->class >> 8);
    c[0x0e] = (uint8_t)(f->kind->bridge | f->multifunction << 7);
    if (f->kind->bridge) {
        c[0x19] = c[0x1a] = (uint8_t)f->bus;
    } else {
        set16(c, 0x2c, f->subvendor);
        set16(c, 0x2e, f->subdevice);
        c[0x3d] = !*f->pf;
    }
    c[0x34] = 0x40;
    set16(c, 0x40, 0x5001);                 /* power management */
    set16(c, 0x50, 0x7005);                 /* MSI */
    set16(c, 0x70, f->kind->pcie_type >= 0 ? 0xa011 : 0x0011);
    if (f->kind->pcie_type < 0) {
        write_file(dir, "config", c, 256);
        return;
    }
    set16(c, 0xa0, 0x0010);
    set16(c, 0xa2, 2 | (unsigned)f->kind->pcie_type << 4);
    c[0xa7] = 0x10;                         /* FLR */
    set16(c, 0xac, 0x0043);
    set16(c, 0xb2, 0x0043);
    set16(c, 0x100, 0x0001);                /* AER, then perhaps ACS */
    set16(c, 0x102, f->acs ? 0x1481 : 1);
    if (f->acs) {
        set16(c, 0x148, 0x000d);
        set16(c, 0x14a, 0x0001);
        set16(c, 0x14c, 0x001d);
    }
    write_file(dir, "config", c, f->brief ? 256 : sizeof(c));
}

static void write_class(const struct function *f, const char *class, const char *name)
{
    char folder[PATH_MAX], link[PATH_MAX];

    snprintf(folder, sizeof(folder), "devices/%s/%s/%s", f->path, class, name);
    make_folders(folder);
    snprintf(link, sizeof(link), "class/%s/%s", class, name);
    make_link(link, "../../%s", folder);
}

static void make(const struct function *f, size_t i)
{
    char folder[600], name[PATH_MAX];
    int dir, up = 0;

    snprintf(folder, sizeof(folder), "devices/%s", f->path);
    make_folders(folder);
    dir = open(folder, O_PATH | O_DIRECTORY);
    if (dir < 0)
        die(strerror(errno), folder);
    write_config(dir, f);
    write_text(dir, "vendor", "0x%04x\n", f->vendor);
    write_text(dir, "device", "0x%04x\n", f->device);
    write_text(dir, "subsystem_vendor", "0x%04x\n", f->subvendor);
    write_text(dir, "subsystem_device", "0x%04x\n", f->subdevice);
    write_text(dir, "class", "0x%06x\n", f->class);
    write_text(dir, "revision", "0x01\n");
    write_text(dir, "irq", "%zu\n", *f->pf ? 0 : 16 + i % 8);
    write_text(dir, "numa_node", "-1\n");
    write_text(dir, "modalias", "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X\n", f->vendor,
               f->device, f->subvendor, f->subdevice, f->class >> 16, f->class >> 8 & 0xff,
               f->class & 0xff);
    write_text(dir, "resource", "0x%016zx 0x%016zx 0x0000000000040200\n",
               ((size_t)0x80 << 24) + (i << 14), ((size_t)0x80 << 24) + (i << 14) + 0x3fff);
    close(dir);
    snprintf(name, sizeof(name), "bus/pci/devices/%s", f->bdf);
    make_link(name, "../../../%s", folder);
    for (const char *p = f->path; (p = strchr(p, '/')); p++)
        up++;
    if (*f->driver) {
        char ups[256] = "";

        snprintf(name, sizeof(name), "bus/pci/drivers/%s", f->driver);
        make_folders(name);
        while (up-- >= 0)
            strcat(ups, "../");
        snprintf(name, sizeof(name), "%s/driver", folder);
        make_link(name, "%s../bus/pci/drivers/%s", ups, f->driver);
    }
    if (*f->pf) {
        snprintf(name, sizeof(name), "%s/physfn", folder);
        make_link(name, "../%s", f->pf);
    }
    if (*f->net)
        write_class(f, "net", f->net);
    if (*f->nvme)
        write_class(f, "nvme", f->nvme);
}

static void build(const char *dir)
{
    static const char *const folders[] = { "bus/pci/devices", "class/net", "class/nvme",
                                           "class/block" };
    char line[512], *end;
    struct function *f;
    size_t room = 0;

    if (mkdir(dir, 0755) && errno != EEXIST)
        die(strerror(errno), dir);
    if (chdir(dir) || (mkdir("sys", 0755) && errno != EEXIST) || chdir("sys"))
        die(strerror(errno), dir);
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
        make_folders(folders[i]);
    while (fgets(line, sizeof(line), stdin)) {
        line_number++;
        end = line + strcspn(line, "#\n");
        *end = '\0';
        if (!line[strspn(line, " \t")])
            continue;
        if (n_all == room) {
            room = room ? 2 * room : 64;
            all = realloc(all, room * sizeof(*all));
            if (!all)
                die("out of memory", dir);
        }
        f = &all[n_all];
        parse(line, f);
        make(f, n_all++);
    }
}

/* A big machine: root ports by eights, and below them whatever servers have */

static long left, count;

__attribute__((format(printf, 1, 2)))
static bool put(const char *fmt, ...)
{
    va_list ap;

    if (left <= 0)
        return false;
    left--;
    count++;
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
    return true;
}

/* Below the port at BDF `port`, from bus `bus` on; returns the next free bus. */
static unsigned subtree(unsigned segment, const char *port, unsigned bus, unsigned which)
{
    unsigned first = bus;

    switch (which % 4) {
    case 0:     /* a card of eight functions without ACS */
        for (unsigned f = 0; f < 8; f++)
            put("%04x:%02x:00.%u %s endpoint 8086:1521 020000 mf driver=igb net=e%ld "
                "sub=8086:0001", segment, bus, f, port, count);
        break;
    case 1:     /* a switch with four disks */
        put("%04x:%02x:00.0 %s up 104c:8232 060400 bus=%02x", segment, bus, port, bus + 1);
        for (unsigned d = 0; d < 4; d++)
            put("%04x:%02x:%02x.0 %04x:%02x:00.0 down 104c:8233 060400 bus=%02x acs", segment,
                first + 1, d, segment, first, first + 2 + d);
        for (unsigned d = 0; d < 4; d++)
            put("%04x:%02x:00.0 %04x:%02x:%02x.0 endpoint 144d:a808 010802 driver=nvme "
                "nvme=nvme%ld", segment, first + 2 + d, segment, first + 1, d, count);
        bus += 5;
        break;
    case 2:     /* a card with 32 virtual functions, nobody's */
        put("%04x:%02x:00.0 %s endpoint 8086:10fb 020000 driver=ixgbe net=e%ld", segment, bus,
            port, count);
        for (unsigned v = 0; v < 32; v++)
            put("%04x:%02x:%02x.%u %s endpoint 8086:10ed 020000 pf=%04x:%02x:00.0", segment, bus,
                16 + v / 8, v % 8, port, segment, bus);
        break;
    case 3:     /* conventional PCI */
        put("%04x:%02x:00.0 %s pcie-pci 1b36:000e 060400 bus=%02x", segment, bus, port, bus + 1);
        for (unsigned d = 1; d < 5; d++)
            put("%04x:%02x:%02x.0 %04x:%02x:00.0 pci 10ec:8139 020000 driver=8139cp", segment,
                first + 1, d, segment, first);
        bus++;
        break;
    }
    return bus + 1;
}

static void lines(long n)
{
    left = n;
    for (unsigned segment = 0; left > 0 && segment < 0xffff; segment++) {
        unsigned bus = 1;

        put("%04x:00:00.0 - integrated 8086:2020 060000", segment);
        for (unsigned port = 0; left > 0 && port < 248 && bus < 0xf8; port++) {
            char bdf[20];

            snprintf(bdf, sizeof(bdf), "%04x:00:%02x.%u", segment, port / 8 + 1, port % 8);
            put("%s - port 8086:2030 060400 mf acs bus=%02x", bdf, bus);
            bus = subtree(segment, bdf, bus, port);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--lines") && atol(argv[2]) > 0) {
        lines(atol(argv[2]));
    } else if (argc == 2 && *argv[1] != '-') {
        build(argv[1]);
    } else {
        fprintf(stderr, "usage: machine DIR <TEXT | machine --lines N\n");
        return 2;
    }
    return 0;
}

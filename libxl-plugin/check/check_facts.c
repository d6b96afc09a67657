/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "engine/journal.h"
#include "hide/hide.h"

enum host_role host_role(const struct root *root)
{
    char text[64];

    if (root_readf(root, text, sizeof(text), "proc/xen/capabilities") >= 0 &&
        strstr(text, "control_d"))
        return ROLE_DOM0;
    /* xenfs may not be mounted, but only Xen renames the table. */
    if (root_existsf(root, "sys/firmware/acpi/tables/RMAD"))
        return ROLE_DOM0;
    if (root_readf(root, text, sizeof(text), "sys/hypervisor/type") >= 0 && !strcmp(text, "xen"))
        return ROLE_DOMU;
    return ROLE_BARE;
}

/* Is one of the words in text `word`? */
static bool has_word(const char *text, const char *word)
{
    size_t len = strlen(word);

    for (const char *p = text; (p = strstr(p, word)); p += len)
        if ((p == text || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\n' || !p[len]))
            return true;
    return false;
}

static void read_cpu(struct host_facts *h, const struct root *root)
{
    char text[16384];   /* the first processor and more */

    if (root_readf(root, text, sizeof(text), "proc/cpuinfo") <= 0)
        return;
    h->cpu_known = true;
    h->cpu = strstr(text, "GenuineIntel") ? CPU_INTEL
             : strstr(text, "AuthenticAMD") || strstr(text, "HygonGenuine") ? CPU_AMD : CPU_OTHER;
    h->cpu_virt = has_word(text, "vmx") || has_word(text, "svm");
}

/* 'y', 'm' or 'n' of a kernel option; 0 if the configuration cannot be read. */
static char read_option(const struct root *root, const char *release, const char *option)
{
    AUTO_CLOSE int fd = root_openf(root, O_RDONLY, "boot/config-%s", release);
    char line[512], want[64];
    FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
    char ret = 'n';

    if (!f)
        return 0;
    fd = -1;
    snprintf(want, sizeof(want), "%s=", option);
    while (fgets(line, sizeof(line), f))
        if (!strncmp(line, want, strlen(want)))
            ret = line[strlen(want)] == 'y' ? 'y' : 'm';
    fclose(f);
    return ret;
}

static void read_release(struct host_facts *h, const struct root *root)
{
    struct utsname names;

    if (root_readf(root, h->release, sizeof(h->release), "proc/sys/kernel/osrelease") > 0)
        return;
    *h->release = '\0';
    if (!h->captured && !uname(&names))
        snprintf(h->release, sizeof(h->release), "%s", names.release);
}

static void read_kernel(struct host_facts *h, const struct root *root)
{
    int len;

    read_release(h, root);
    if (root_readf(root, h->line, sizeof(h->line), "proc/cmdline") < 0)
        *h->line = '\0';
    if (*h->release) {
        h->built_pciback = read_option(root, h->release, "CONFIG_XEN_PCIDEV_BACKEND");
        h->built_iommu = read_option(root, h->release,
                                     h->cpu == CPU_AMD ? "CONFIG_AMD_IOMMU"
                                                       : "CONFIG_INTEL_IOMMU");
    }
    /* Only the running kernel shows which modules exist. */
    h->pciback_known = !h->captured || driver_registered(root, PCIBACK);
    if (h->pciback_known)
        h->pciback = facts_pciback(root);
    len = root_readf(root, h->hide, sizeof(h->hide), "sys/module/xen_pciback/parameters/hide");
    h->hide_known = len >= 0 && strcmp(h->hide, "(null)") != 0;
    if (!h->hide_known)
        *h->hide = '\0';
}

/* A frame buffer of the firmware that dom0's console draws into. */
static bool read_screen(const struct root *root)
{
    char text[512];

    return root_readf(root, text, sizeof(text), "proc/fb") > 0 &&
           (strstr(text, "EFI VGA") || strstr(text, "VESA VGA") || strstr(text, "simple"));
}

static bool read_xen_there(const struct root *root)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, "boot");
    struct dirent *entry;

    while (dir && (entry = root_readdir(dir)))
        if (!strncmp(entry->d_name, "xen-", 4) || !strcmp(entry->d_name, "xen.gz"))
            return true;
    return false;
}

static int read_overrides(struct host_facts *h, const struct root *root,
                          const struct inventory *inv, struct err *e)
{
    for (size_t i = 0; i < inventory_count(inv); i++) {
        struct override_left left = { .bdf = inventory_at(inv, i)->bdf };
        struct err gone;

        if (driver_look(root, left.bdf, &left.state, &gone) || !*left.state.override ||
            !strcmp(left.state.override, left.state.driver))
            continue;
        if (ARRAY_GROW(h->overrides, h->n_overrides))
            return err_nomem(e);
        h->overrides[h->n_overrides++] = left;
    }
    return 0;
}

/* Functions that hide= names, on dom0's line or of the loaded driver, and a native driver has. */
static int read_missed(struct host_facts *h, const struct inventory *inv, struct err *e)
{
    AUTO_FREE struct hide_entry *entries = NULL;
    size_t n = 0, offset;

    if (!h->hide_known || hide_parse(h->hide, &entries, &n, &offset))
        return 0;
    for (size_t i = 0; i < inventory_count(inv); i++) {
        const struct pci_function *f = inventory_at(inv, i);
        bool named = false;

        for (size_t k = 0; k < n; k++)
            named |= hide_matches(&entries[k], f->bdf);
        if (!named || f->bridge || !*f->driver || !strcmp(f->driver, PCIBACK))
            continue;
        if (ARRAY_GROW(h->missed, h->n_missed))
            return err_nomem(e);
        h->missed[h->n_missed++] = f->bdf;
    }
    return 0;
}

static void read_log(struct host_facts *h, const char *log)
{
    /* xen/drivers/passthrough/iommu.c iommu_setup(), vtd/dmar.c acpi_parse_dmar() */
    if (strstr(log, "I/O virtualisation enabled"))
        h->log_iommu = LOG_ON;
    else if (strstr(log, "I/O virtualisation disabled"))
        h->log_iommu = LOG_OFF;
    if (strstr(log, "Interrupt remapping enabled"))
        h->log_intremap = LOG_ON;
    else if (strstr(log, "Interrupt remapping disabled"))
        h->log_intremap = LOG_OFF;
    h->log_dmar_broken = strstr(log, "Failed to parse ACPI DMAR");
}

static int ask_xen(struct host_facts *h, const struct root *root, struct hv *hv, struct err *e)
{
    AUTO_FREE char *log = NULL;
    struct hv_host host;
    struct err silent;
    int r = hv_xen(hv, &h->xen, e);

    if (!r)
        r = hv_host(hv, &host, e);
    if (!r)
        r = leftovers_find(hv, root, &h->leftovers, &h->n_leftovers, e);
    if (r)
        return r;
    h->asked = true;
    h->hvm_passthrough = host.hvm_passthrough;
    if (!hv_log(hv, &log, &silent)) /* absence proves nothing */
        read_log(h, log);
    return 0;
}

int host_facts_gather(struct host_facts *h, const struct root *root, bool captured,
                      const struct inventory *inv, struct hv *hv, const struct err *why,
                      struct err *e)
{
    int r;

    *h = (struct host_facts){ .captured = captured, .role = host_role(root) };
    read_cpu(h, root);
    read_kernel(h, root);
    h->boot_screen = read_screen(root);
    h->xen_there = read_xen_there(root);
    xendomains_read(root, &h->xendomains);
    if (!captured)
        h->journals = journal_count(root);
    r = read_overrides(h, root, inv, e);
    if (!r)
        r = read_missed(h, inv, e);
    if (!r && hv)
        r = ask_xen(h, root, hv, e);
    else if (!hv && why)
        h->refusal = *why;
    return r;
}

void host_facts_clear(struct host_facts *h)
{
    free(h->leftovers);
    free(h->overrides);
    free(h->missed);
    *h = (struct host_facts){ .captured = false };
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pci/pci_names.h"

#include <pci/pci.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/library.h"

/* libpci reports an error through a callback that must not return. */
static _Thread_local jmp_buf failure;

__attribute__((noreturn, format(printf, 1, 2)))
static void libpci_error(char *fmt, ...)
{
    (void)fmt;
    longjmp(failure, 1);
}

__attribute__((format(printf, 1, 2)))
static void libpci_silent(char *fmt, ...)
{
    (void)fmt;
}

/*
 * libpci is opened when a name is first asked for: commands that move devices need none, and it
 * brings libudev.
 */
static struct {
    struct pci_access *(*alloc)(void);
    int (*set_param)(struct pci_access *, char *, char *);
    void (*cleanup)(struct pci_access *);
    char *(*lookup_name)(struct pci_access *, char *, int, int, ...);
} libpci;

static const struct library_symbol symbols[] = {
    { "pci_alloc", (void **)&libpci.alloc },
    { "pci_set_param", (void **)&libpci.set_param },
    { "pci_cleanup", (void **)&libpci.cleanup },
    { "pci_lookup_name", (void **)&libpci.lookup_name },
};

struct pci_names {
    struct pci_access *access;  /* NULL: not asked for yet, or no libpci */
};

struct pci_names *pci_names_open(void)
{
    return calloc(1, sizeof(struct pci_names));
}

/* NULL when there is no libpci. */
static struct pci_access *access_of(struct pci_names *names)
{
    struct pci_access *pacc = names->access;

    if (pacc || (!libpci.alloc && !library_open("libpci.so.3", symbols, ARRAY_LEN(symbols))))
        return pacc;
    pacc = libpci.alloc();
    if (!pacc)
        return NULL;
    pacc->error = libpci_error;
    pacc->warning = libpci_silent;
    pacc->debug = libpci_silent;
    /* udev's database has the same names; libpci would search it, slowly, for unknown IDs. */
    libpci.set_param(pacc, (char *)"hwdb.disable", (char *)"1");
    return names->access = pacc;
}

struct pci_names *pci_names_close(struct pci_names *names)
{
    if (names && names->access)
        libpci.cleanup(names->access);
    free(names);
    return NULL;
}

void pci_names_device(struct pci_names *names, uint16_t vendor, uint16_t device, char *buf,
                      size_t size)
{
    if (!access_of(names) || setjmp(failure))
        snprintf(buf, size, "Device %04x:%04x", vendor, device);
    else
        libpci.lookup_name(names->access, buf, (int)size, PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE,
                           vendor, device);
}

/* Words at the end of a vendor's name that add no information. */
static bool is_filler(const char *word)
{
    static const char *const fillers[] = {
        "corporation", "corp", "corp.", "inc", "inc.", "co", "co.", "company", "ltd", "ltd.",
        "limited", "llc", "gmbh", "ag", "a/s", "s.a.", "technologies", "technology",
        "semiconductor", "semiconductors", "electronics", "systems", "international", "group",
        "communications", "and", "subsidiaries",
    };

    for (size_t i = 0; i < ARRAY_LEN(fillers); i++)
        if (!strcasecmp(word, fillers[i]))
            return true;
    return false;
}

void pci_names_cut_vendor(char *vendor)
{
    char *open = strrchr(vendor, '['), *close = open ? strchr(open, ']') : NULL, *last;

    if (close && close > open + 1 && !close[1]) {
        *close = '\0';
        memmove(vendor, open + 1, (size_t)(close - open));
        return;
    }
    while ((last = strrchr(vendor, ' ')) && is_filler(last + 1)) {
        *last = '\0';
        while (last > vendor && (last[-1] == ',' || last[-1] == ' '))
            *--last = '\0';
    }
}

void pci_names_short(struct pci_names *names, uint16_t vendor, uint16_t device, char *buf,
                     size_t size)
{
    char maker[96], model[128];

    if (!access_of(names) || setjmp(failure)) {
        snprintf(buf, size, "Device %04x:%04x", vendor, device);
        return;
    }
    libpci.lookup_name(names->access, maker, sizeof(maker), PCI_LOOKUP_VENDOR, vendor, device);
    libpci.lookup_name(names->access, model, sizeof(model), PCI_LOOKUP_DEVICE, vendor, device);
    pci_names_cut_vendor(maker);
    snprintf(buf, size, "%s %s", maker, model);
}

void pci_names_class(struct pci_names *names, uint16_t class, char *buf, size_t size)
{
    if (!access_of(names) || setjmp(failure))
        snprintf(buf, size, "Class %04x", class);
    else
        libpci.lookup_name(names->access, buf, (int)size, PCI_LOOKUP_CLASS, class);
}

bool pci_names_find_class(struct pci_names *names, const char *name, uint16_t *ret)
{
    char buf[80];

    if (!access_of(names) || setjmp(failure))
        return false;
    for (unsigned class = 0; class <= 0xffff; class++) {
        const char *known = libpci.lookup_name(names->access, buf, sizeof(buf),
                                               PCI_LOOKUP_CLASS | PCI_LOOKUP_NO_NUMBERS, class);

        if (known && !strcmp(known, name)) {
            *ret = (uint16_t)class;
            return true;
        }
    }
    return false;
}

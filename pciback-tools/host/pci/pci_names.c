/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pci/pci_names.h"

#include <pci/pci.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

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

struct pci_names *pci_names_open(void)
{
    struct pci_access *pacc = pci_alloc();

    if (!pacc)
        return NULL;
    pacc->error = libpci_error;
    pacc->warning = libpci_silent;
    pacc->debug = libpci_silent;
    /* udev's database has the same names; libpci would search it, slowly, for unknown IDs. */
    pci_set_param(pacc, (char *)"hwdb.disable", (char *)"1");
    return (struct pci_names *)pacc;
}

static struct pci_access *access_of(struct pci_names *names)
{
    return (struct pci_access *)names;
}

struct pci_names *pci_names_close(struct pci_names *names)
{
    if (names)
        pci_cleanup(access_of(names));
    return NULL;
}

void pci_names_device(struct pci_names *names, uint16_t vendor, uint16_t device, char *buf,
                      size_t size)
{
    if (setjmp(failure))
        snprintf(buf, size, "Device %04x:%04x", vendor, device);
    else
        pci_lookup_name(access_of(names), buf, (int)size, PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE,
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

    if (setjmp(failure)) {
        snprintf(buf, size, "Device %04x:%04x", vendor, device);
        return;
    }
    pci_lookup_name(access_of(names), maker, sizeof(maker), PCI_LOOKUP_VENDOR, vendor, device);
    pci_lookup_name(access_of(names), model, sizeof(model), PCI_LOOKUP_DEVICE, vendor, device);
    pci_names_cut_vendor(maker);
    snprintf(buf, size, "%s %s", maker, model);
}

void pci_names_class(struct pci_names *names, uint16_t class, char *buf, size_t size)
{
    if (setjmp(failure))
        snprintf(buf, size, "Class %04x", class);
    else
        pci_lookup_name(access_of(names), buf, (int)size, PCI_LOOKUP_CLASS, class);
}

bool pci_names_find_class(struct pci_names *names, const char *name, uint16_t *ret)
{
    char buf[80];

    if (setjmp(failure))
        return false;
    for (unsigned class = 0; class <= 0xffff; class++) {
        const char *known = pci_lookup_name(access_of(names), buf, sizeof(buf),
                                            PCI_LOOKUP_CLASS | PCI_LOOKUP_NO_NUMBERS, class);

        if (known && !strcmp(known, name)) {
            *ret = (uint16_t)class;
            return true;
        }
    }
    return false;
}

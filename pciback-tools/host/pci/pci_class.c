/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pci/pci_class.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define ANY_SUB 0x100

/* A sub class comes before its base class. */
static const struct row {
    uint8_t base;
    uint16_t sub;   /* ANY_SUB: the whole base class */
    const char *word;
} rows[] = {
    { 0x00, ANY_SUB, "legacy" },
    { 0x01, 0x04, "raid" }, { 0x01, 0x06, "sata" }, { 0x01, 0x07, "sas" }, { 0x01, 0x08, "nvme" },
    { 0x01, ANY_SUB, "storage" },
    { 0x02, 0x07, "infiniband" }, { 0x02, ANY_SUB, "network" },
    { 0x03, ANY_SUB, "display" },
    { 0x04, 0x01, "audio" }, { 0x04, 0x03, "audio" }, { 0x04, ANY_SUB, "multimedia" },
    { 0x05, ANY_SUB, "memory" },
    { 0x06, ANY_SUB, "bridge" },
    { 0x07, 0x00, "serial" }, { 0x07, ANY_SUB, "communication" },
    { 0x08, 0x05, "sdcard" }, { 0x08, 0x06, "iommu" }, { 0x08, ANY_SUB, "system" },
    { 0x09, ANY_SUB, "input" },
    { 0x0a, ANY_SUB, "docking" },
    { 0x0b, ANY_SUB, "processor" },
    { 0x0c, 0x00, "firewire" }, { 0x0c, 0x03, "usb" }, { 0x0c, 0x04, "fibre" },
    { 0x0c, 0x05, "smbus" }, { 0x0c, 0x06, "infiniband" }, { 0x0c, ANY_SUB, "bus" },
    { 0x0d, ANY_SUB, "wireless" },
    { 0x0e, ANY_SUB, "intelligent" },
    { 0x0f, ANY_SUB, "satellite" },
    { 0x10, ANY_SUB, "crypto" },
    { 0x11, ANY_SUB, "signal" },
    { 0x12, ANY_SUB, "accelerator" },
    { 0x13, ANY_SUB, "instrumentation" },
    { 0x40, ANY_SUB, "coprocessor" },
    { 0xff, ANY_SUB, "unassigned" },
};

static bool covers(const struct row *row, uint32_t class)
{
    return row->base == class >> 16 && (row->sub == ANY_SUB || row->sub == (class >> 8 & 0xff));
}

const char *pci_class_word(uint32_t class)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (covers(&rows[i], class))
            return rows[i].word;
    return "other";
}

static bool is_word(const struct row *row, const char *item, size_t len)
{
    return strlen(row->word) == len && !strncmp(row->word, item, len);
}

/* The number of digits of "02" or "0200", with or without "0x"; 0 for other text. */
static size_t is_number(const char *item, size_t len, unsigned long *ret)
{
    bool prefix = len > 2 && item[0] == '0' && item[1] == 'x';
    size_t digits = len - (prefix ? 2 : 0);

    if ((digits != 2 && digits != 4) ||
        strspn(item + (prefix ? 2 : 0), "0123456789abcdefABCDEF") < digits)
        return 0;
    *ret = strtoul(item, NULL, 16);
    return digits;
}

static bool item_covers(const char *item, size_t len, uint32_t class)
{
    unsigned long number;
    size_t digits = is_number(item, len, &number);

    if (digits)
        return class >> (digits == 2 ? 16 : 8) == number;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (covers(&rows[i], class) && is_word(&rows[i], item, len))
            return true;
    return false;
}

bool pci_class_among(uint32_t class, const char *list)
{
    for (const char *p = list; *p; p += *p == ',') {
        size_t len = strcspn(p, ",");

        if (item_covers(p, len, class))
            return true;
        p += len;
    }
    return false;
}

/* Lists each word once: "audio" has two rows. */
static void hint_words(struct err *e)
{
    char words[512] = "";

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t len = strlen(words);
        bool before = false;

        for (size_t j = 0; j < i; j++)
            before |= !strcmp(rows[j].word, rows[i].word);
        if (!before)
            snprintf(words + len, sizeof(words) - len, "%s%s", len ? ", " : "", rows[i].word);
    }
    err_hint(e, "a class is a word or its code in hexadecimal (02, 0200): %s", words);
}

int pci_class_check_list(const char *list, struct err *e)
{
    const char *p = list;

    do {
        size_t len = strcspn(p, ",");
        unsigned long number;
        bool known = is_number(p, len, &number);

        for (size_t i = 0; !known && i < ARRAY_LEN(rows); i++)
            known = is_word(&rows[i], p, len);
        if (!known) {
            int r = err_set(e, XV_USAGE, EINVAL, "--class: '%.*s' is not a class", (int)len, p);

            hint_words(e);
            return r;
        }
        p += len;
    } while (*p++);
    return 0;
}

bool pci_class_is_platform(uint32_t class)
{
    switch (class >> 16) {
    case 0x05:
    case 0x11:
    case 0x13:
    case 0xff:
        return true;
    case 0x07:
        return (class >> 8 & 0xff) == 0x80; /* a management engine */
    case 0x08:
        return (class >> 8 & 0xff) != 0x05; /* except SD card readers */
    case 0x0c:
        return (class >> 8 & 0xff) == 0x05 || (class >> 8 & 0xff) == 0x80;
    }
    return false;
}

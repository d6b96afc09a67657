/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/pe.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

enum {
    DOS_PE = 0x3c,                                      /* where "PE" stands */
    PE_SECTIONS = 6, PE_OPTIONAL_SIZE = 20, PE_OPTIONAL = 24,
    OPTIONAL_DIRECTORIES = 108, OPTIONAL_CERTIFICATE_SIZE = 148,  /* with 64-bit addresses */
    SECTION_SIZE = 40, SECTION_VIRTUAL = 8, SECTION_RAW = 16, SECTION_AT = 20,
    HEADER_MAX = 4096,
};
#define MAGIC_64 0x20b

static uint32_t u32(const uint8_t *b)
{
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static uint16_t u16(const uint8_t *b)
{
    return (uint16_t)(b[0] | b[1] << 8);
}

static void read_section(const uint8_t *b, struct pe_section *ret)
{
    uint32_t raw = u32(b + SECTION_RAW), virtual = u32(b + SECTION_VIRTUAL);

    memcpy(ret->name, b, sizeof(ret->name) - 1);
    ret->at = u32(b + SECTION_AT);
    ret->size = virtual && virtual < raw ? virtual : raw; /* the raw size is rounded up */
}

static bool read_header(struct pe *pe, const uint8_t *b, size_t len)
{
    size_t at = len >= DOS_PE + 4 && b[0] == 'M' && b[1] == 'Z' ? u32(b + DOS_PE) : len;
    size_t optional, sections, n;

    if (at >= len || len - at < PE_OPTIONAL + OPTIONAL_CERTIFICATE_SIZE + 4 ||
        memcmp(b + at, "PE\0\0", 4))
        return false;
    optional = at + PE_OPTIONAL;
    if (u16(b + optional) != MAGIC_64)
        return false;
    pe->is_signed = u32(b + optional + OPTIONAL_DIRECTORIES) > 4 &&
                    u32(b + optional + OPTIONAL_CERTIFICATE_SIZE) > 0;
    sections = optional + u16(b + at + PE_OPTIONAL_SIZE);
    n = u16(b + at + PE_SECTIONS);
    for (; pe->n < n && pe->n < PE_SECTIONS_MAX && sections + SECTION_SIZE <= len; pe->n++) {
        read_section(b + sections, &pe->sections[pe->n]);
        sections += SECTION_SIZE;
    }
    return true;
}

bool pe_open(struct pe *ret, const struct root *root, const char *path)
{
    uint8_t header[HEADER_MAX];
    ssize_t len;

    *ret = (struct pe){ .fd = root_openf(root, O_RDONLY, "%s", path) };
    len = ret->fd < 0 ? -1 : pread(ret->fd, header, sizeof(header), 0);
    return len > 0 && read_header(ret, header, (size_t)len);
}

void pe_close(struct pe *pe)
{
    if (pe->fd >= 0)
        close(pe->fd);
    pe->fd = -1;
}

static const struct pe_section *find(const struct pe *pe, const char *name)
{
    for (size_t i = 0; i < pe->n; i++)
        if (!strcmp(pe->sections[i].name, name))
            return &pe->sections[i];
    return NULL;
}

bool pe_has(const struct pe *pe, const char *name)
{
    return find(pe, name) != NULL;
}

char *pe_read(const struct pe *pe, const char *name, size_t max, size_t *len)
{
    const struct pe_section *s = find(pe, name);
    size_t size = s && s->size < max ? s->size : max;
    AUTO_FREE char *text = s ? calloc(1, size + 1) : NULL;
    ssize_t n = text ? pread(pe->fd, text, size, s->at) : -1;

    if (n < 0)
        return NULL;
    *len = (size_t)n;
    return TAKE_PTR(text);
}

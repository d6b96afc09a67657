/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/config_space.h"

#include <string.h>
#include <unistd.h>

enum {
    STATUS = 0x06, STATUS_CAP_LIST = 0x10,
    HEADER_TYPE = 0x0e, HEADER_MASK = 0x7f,
    CAP_LIST = 0x34, CARDBUS_CAP_LIST = 0x14,
};

static bool config_read(struct config *c, size_t at, void *buf, size_t size)
{
    size_t in_word = at % sizeof(c->word), word_at = at - in_word;

    if (at + size <= c->len) {
        memcpy(buf, c->bytes + at, size);
        return true;
    }
    if (c->fd < 0 || at < c->len)
        return false;
    if (!c->word_len || c->word_at != word_at) {
        ssize_t n = pread(c->fd, c->word, sizeof(c->word), (off_t)word_at);

        c->word_len = n > 0 ? (size_t)n : 0;
        c->word_at = word_at;
    }
    if (in_word + size > c->word_len)
        return false;
    memcpy(buf, c->word + in_word, size);
    return true;
}

bool config_u8(struct config *c, size_t at, uint8_t *ret)
{
    return config_read(c, at, ret, 1);
}

bool config_u16(struct config *c, size_t at, uint16_t *ret)
{
    uint8_t b[2];

    if (!config_read(c, at, b, sizeof(b)))
        return false;
    *ret = (uint16_t)(b[0] | b[1] << 8);
    return true;
}

bool config_u32(struct config *c, size_t at, uint32_t *ret)
{
    uint8_t b[4];

    if (!config_read(c, at, b, sizeof(b)))
        return false;
    *ret = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    return true;
}

size_t config_cap(struct config *c, enum config_cap id, bool *lost)
{
    uint8_t header;
    uint16_t status, entry;
    size_t at;

    if (!config_u16(c, STATUS, &status) || !(status & STATUS_CAP_LIST) ||
        !config_u8(c, HEADER_TYPE, &header))
        return 0;
    at = (header & HEADER_MASK) == HEADER_CARDBUS ? CARDBUS_CAP_LIST : CAP_LIST;
    if (!config_u16(c, at, &entry))
        return 0;
    at = entry & 0xfc;
    /* The list cannot have more entries than fit: a longer one is a loop. */
    for (int left = (CONFIG_LEGACY_SIZE - 0x40) / 4; left && at >= 0x40; left--) {
        if (!config_u16(c, at, &entry)) {
            *lost = true;
            return 0;
        }
        if ((entry & 0xff) == 0xff)
            return 0;
        if ((entry & 0xff) == (uint16_t)id)
            return at;
        at = entry >> 8 & 0xfc;
    }
    return 0;
}

size_t config_ext_cap(struct config *c, enum config_ext_cap id, bool *lost)
{
    size_t at = CONFIG_LEGACY_SIZE;

    for (int left = (CONFIG_SIZE - CONFIG_LEGACY_SIZE) / 8; left; left--) {
        uint32_t head;

        if (!config_u32(c, at, &head)) {
            *lost = true;
            return 0;
        }
        if (head == 0 || head == UINT32_MAX)
            return 0;
        if ((head & 0xffff) == (uint32_t)id)
            return at;
        at = head >> 20 & 0xffc;
        if (at < CONFIG_LEGACY_SIZE)
            return 0;
    }
    return 0;
}

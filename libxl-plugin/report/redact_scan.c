/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/redact_scan.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

static bool hex(char c)
{
    return isxdigit((unsigned char)c);
}

static bool word(char c)
{
    return isalnum((unsigned char)c);
}

/* The length of groups of two hexadecimal digits; *groups: how many. */
static size_t scan_pairs(const char *p, const char *end, char separator, unsigned *groups)
{
    const char *at = p;

    for (*groups = 0; end - at >= 2 && hex(at[0]) && hex(at[1]); at++) {
        at += 2;
        ++*groups;
        if (end - at < 3 || *at != separator)
            return (size_t)(at - p);
    }
    return 0;
}

/* Ethernet's six bytes, InfiniBand's twenty; a PCI device's serial number has eight. */
static size_t scan_bytes(const char *p, const char *end, const char **kind)
{
    static const char separators[] = ":-";

    for (size_t i = 0; i < 2; i++) {
        unsigned groups;
        size_t len = scan_pairs(p, end, separators[i], &groups);

        if (!len || (p + len < end && (word(p[len]) || p[len] == separators[i])))
            continue;
        if (groups == 6 || groups == 20) {
            *kind = "mac";
            return len;
        }
        if (groups == 8 && separators[i] == '-') {
            *kind = "serial";
            return len;
        }
    }
    return 0;
}

static size_t scan_uuid(const char *p, const char *end)
{
    static const unsigned char groups[] = { 8, 4, 4, 4, 12 };
    const char *at = p;

    for (size_t g = 0; g < sizeof(groups); g++) {
        for (unsigned i = 0; i < groups[g]; i++)
            if (at >= end || !hex(*at++))
                return 0;
        if (g + 1 < sizeof(groups) && (at >= end || *at++ != '-'))
            return 0;
    }
    return at < end && word(*at) ? 0 : (size_t)(at - p);
}

static size_t scan_ipv4(const char *p, const char *end)
{
    const char *at = p;

    for (unsigned i = 0; i < 4; i++) {
        unsigned value = 0, digits = 0;

        for (; at < end && isdigit((unsigned char)*at) && digits < 3; at++, digits++)
            value = value * 10 + (unsigned)(*at - '0');
        if (!digits || value > 255 || (i < 3 && (at >= end || *at++ != '.')))
            return 0;
    }
    if (at < end && (word(*at) || (*at == '.' && at + 1 < end && word(at[1]))))
        return 0;
    return (size_t)(at - p);
}

/* With "::", or all eight groups of it: so it is no time and no PCI address. */
static size_t scan_ipv6(const char *p, const char *end)
{
    unsigned colons = 0, digits = 0;
    bool gap = false;
    const char *at = p;

    for (; at < end && (hex(*at) || *at == ':'); at++) {
        colons += *at == ':';
        digits += *at != ':';
        gap |= *at == ':' && at > p && at[-1] == ':';
    }
    if (at < end && word(*at))
        return 0;
    return digits && (gap || colons == 7) ? (size_t)(at - p) : 0;
}

/* Folders that are alike on all machines; a device file without a folder of its own. */
static bool is_public(const char *p, size_t len)
{
    static const char *const folders[] = {
        "/sys", "/proc", "/usr", "/lib", "/lib64", "/etc", "/boot", "/run", "/bin", "/sbin",
        "/var/log", "/var/lib/xvtd", "/local/domain", "/libxl", "/dev/vfio", "/dev/xen",
    };

    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        size_t n = strlen(folders[i]);

        if (len >= n && !strncmp(p, folders[i], n) && (len == n || p[n] == '/'))
            return true;
    }
    return len > 5 && !strncmp(p, "/dev/", 5) && !memchr(p + 5, '/', len - 5);
}

static size_t scan_path(const char *p, const char *end, char before)
{
    const char *at = p;

    if (word(before) || before == '/' || before == '.' || end - p < 2 || !word(p[1]))
        return 0;
    while (at < end && !isspace((unsigned char)*at) && !strchr("\"'`,;:()<>[]{}=", *at))
        at++;
    return is_public(p, (size_t)(at - p)) ? 0 : (size_t)(at - p);
}

size_t scan_form(const char *p, const char *end, char before, const char **kind)
{
    size_t len;

    if (*p == '/') {
        *kind = "path";
        return scan_path(p, end, before);
    }
    if (word(before))
        return 0;
    if ((len = scan_bytes(p, end, kind)))
        return len;
    *kind = "uuid";
    if ((len = scan_uuid(p, end)))
        return len;
    *kind = "ip";
    len = before == '.' ? 0 : scan_ipv4(p, end);
    return len ? len : scan_ipv6(p, end);
}

/* Does the key tell of a secret, or of a number of one device alone? */
static const char *kind_of_key(const char *p, size_t len)
{
    char key[48];

    if (len >= sizeof(key))
        return NULL;
    for (size_t i = 0; i < len; i++)
        key[i] = (char)tolower((unsigned char)p[i]);
    key[len] = '\0';
    if (strstr(key, "passw") || strstr(key, "secret") || strstr(key, "token"))
        return "secret";
    return strstr(key, "serial") ? "serial" : NULL;
}

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p;
}

size_t scan_pair(const char *p, const char *end, size_t *value, const char **kind)
{
    static const char number[] = " number";
    const char *at = p, *from;
    char quote;

    while (at < end && (word(*at) || *at == '_' || *at == '-'))
        at++;
    *kind = kind_of_key(p, (size_t)(at - p));
    if (!*kind)
        return 0;
    if (end - at > (int)sizeof(number) && !strncasecmp(at, number, sizeof(number) - 1))
        at += sizeof(number) - 1;
    at += at < end && (*at == '"' || *at == '\'');
    at = skip_blanks(at, end);
    if (at >= end || (*at != ':' && *at != '='))
        return 0;
    at = skip_blanks(at + 1, end);
    quote = at < end && (*at == '"' || *at == '\'') ? *at++ : 0;
    from = at;
    while (at < end && *at != '\n' && (quote ? *at != quote : !isspace((unsigned char)*at) &&
                                       !strchr(",;}]{[", *at)))
        at++;
    *value = (size_t)(at - from);
    if (!*value || (!quote && *value == 4 && !strncmp(from, "null", 4)))
        return 0;
    return (size_t)(from - p);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A manifest of any bytes, and one that makes sense with some of its bytes changed: it is refused,
 * or written it is read again as the same.  A libFuzzer target.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "change/manifest.h"

static const char sample[] =
    "{\"schema\":\"xvtd-manifest/1\",\"domain\":{\"uuid\":\"00000000-0000-4000-8000-000000000001\","
    "\"name\":\"vm1\"},\"devices\":[{\"bdf\":\"0000:02:00.0\",\"domid\":1,\"vslot\":\"0x07\",\"vfunc\":0,"
    "\"permissive\":false,\"msitranslate\":true,\"power_mgmt\":false,\"rdm_policy\":\"strict\","
    "\"was\":\"0000:03:00.0\",\"identity\":\"8086:10d3:8086:0001 serial 00-11-22-33-44-55-66-77\","
    "\"driver\":\"e1000e\",\"name\":\"uplink0\",\"allow\":\"split-group\","
    "\"machine\":\"0123456789abcdef0123456789abcdef\",\"group\":14},{\"bdf\":\"0000:04:00.1\","
    "\"domid\":1,\"vslot\":null,\"vfunc\":1,\"identity\":null,\"driver\":null,\"group\":null}]}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_law(char *text, size_t len)
{
    CLEANUP(manifest_clear) struct manifest m = { .n = 0 }, again = { .n = 0 };
    CLEANUP(json_free_p) struct json *first = NULL, *second = NULL;
    const char *one, *two;
    size_t n_one, n_two;
    struct err e;

    text[len] = '\0';
    if (manifest_parse(&m, text, len, &e))
        return;
    if (manifest_text(&m, &first, &one, &n_one, &e) || manifest_parse(&again, one, n_one, &e) ||
        manifest_text(&again, &second, &two, &n_two, &e) || n_one != n_two ||
        memcmp(one, two, n_one))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc((size > sizeof(sample) ? size : sizeof(sample)) + 1);

    memcpy(text, data, size);
    check_law(text, size);
    memcpy(text, sample, sizeof(sample));
    for (; size >= 3; data += 3, size -= 3)
        text[(data[0] | data[1] << 8) % (sizeof(sample) - 1)] = (char)data[2];
    check_law(text, sizeof(sample) - 1);
    free(text);
    return 0;
}

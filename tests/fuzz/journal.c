/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A journal of any bytes, and one that makes sense with some of its bytes changed: it is refused,
 * or all that it tells of can be told.  A libFuzzer target.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "change/guest_steps.h"
#include "engine/host_steps.h"
#include "engine/journal_file.h"

#define STEP(word, more) "{\"step\":\"" word "\",\"bdf\":\"0000:02:00.0\"," more "\"native\":{\"driver\":" \
    "\"e1000e\",\"override\":null},\"before\":{\"driver\":null,\"override\":null}," \
    "\"interface_up\":true,\"allow\":\"split-group\",\"already\":false}"
#define GUEST "\"domid\":1,\"vslot\":\"0x07\",\"vfunc\":0,\"permissive\":false," \
    "\"msitranslate\":false,\"power_mgmt\":false,\"rdm_policy\":\"strict\","

/* Of a machine that has no id, in its first boot: what an empty root is. */
static const char sample[] =
    "{\"schema\":\"xvtd-journal/2\",\"command\":\"assign\",\"policy\":\"undo\",\"boot\":\"\","
    "\"machine\":\"\",\"domain\":{\"uuid\":\"00000000-0000-4000-8000-000000000001\",\"name\":\"vm1\","
    "\"domid\":1},\"from\":null,\"manifest\":\"/m.json\",\"host\":null,\"timeout_ms\":30000,"
    "\"force\":false,\"devices\":[{\"bdf\":\"0000:02:00.0\",\"identity\":\"8086:10d3:0000:0000\","
    "\"driver\":\"e1000e\",\"name\":null,\"allow\":\"\",\"group\":2}],\"steps\":["
    STEP("make-assignable", "") "," STEP("attach", GUEST) "," STEP("detach", GUEST) ","
    STEP("return", "") "]}\n"
    "{\"step\":0,\"is\":\"begun\",\"vslot\":0}\n{\"step\":0,\"is\":\"done\",\"vslot\":0}\n"
    "{\"step\":1,\"is\":\"begun\",\"vslot\":7}\n{\"undoing\":true}\n{\"settled\":\"0000:02:00.0\"}\n"
    "{\"step\":1,\"is\":\"und";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct root *empty_root(void)
{
    static struct root *root;
    char dir[] = "/tmp/xvtd-fuzz-XXXXXX";
    struct err e;

    if (root)
        return root;
    host_steps_register();
    guest_steps_register();
    if (!mkdtemp(dir) || root_open(&root, dir, &e) || rmdir(dir))
        abort();
    return root;
}

static void check_law(char *text, size_t len)
{
    struct journal_doc doc = { .n_devices = 0 };
    size_t whole = 0;
    struct err e;

    text[len] = '\0';
    len = strlen(text);
    if (!journal_read_text(empty_root(), text, &doc, &whole, &e)) {
        if (whole > len || !doc.n_devices || !doc.plan.n)
            abort();
        for (size_t i = 0; i < doc.plan.n; i++) {
            struct step_text said;

            step_describe(&doc.plan.steps[i], &said);
            if (step_is_function(&doc.plan.steps[i]) &&
                !journal_device(&doc, doc.plan.steps[i].bdf))
                abort();
        }
    }
    journal_doc_clear(&doc);
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

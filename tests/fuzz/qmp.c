/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device model that says any bytes, from the first word on or after it has behaved until somebody
 * asks: it is refused, or its answer is text.  A libFuzzer target.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hv/qmp.h"

#define POLITE "{\"QMP\": {\"version\": {}}}\r\n{\"return\": {}}\r\n"
#define WAIT_MS 1000    /* never needed: nothing more comes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void converse(int fd)
{
    struct qmp *q;
    char *text;

    if (qmp_begin(&q, fd, WAIT_MS))
        return;
    if (!qmp_monitor(q, "info pci", &text, WAIT_MS)) {
        if (!text)
            abort();
        free(text);
    }
    qmp_wait_deleted(q, 0);
    qmp_close(q);
}

/* A device model that has said all this, and goes on listening without another word. */
static void meet(const char *first, const uint8_t *data, size_t size)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) ||
        write(ends[0], first, strlen(first)) < 0 || (size && write(ends[0], data, size) < 0) ||
        shutdown(ends[0], SHUT_WR))
        abort();
    converse(ends[1]);
    close(ends[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    meet("", data, size);
    meet(POLITE, data, size);
    return 0;
}

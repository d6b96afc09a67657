/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The xvtd on another host, reached in the way that `xl migrate` reaches xl there. */
#ifndef XVTD_PEER_H
#define XVTD_PEER_H

#include <stdbool.h>

#include "migrate/wire.h"

/* ssh as xl uses it, but it notices a dead connection after half a minute. */
#define PEER_RSH "ssh -o ServerAliveInterval=10 -o ServerAliveCountMax=3"

struct peer {
    const char *rsh;        /* shell text: CMD of --rsh, to which host and command are appended */
    const char *host;
    struct child *child;    /* NULL until the first order */
    unsigned version;       /* of the messages, from its first answer on; until then 0 */
};

/* `[A-Za-z0-9@][A-Za-z0-9@.:_-]*`: nothing that a shell or ssh would interpret. */
bool peer_host_valid(const char *host);

/*
 * Sends an order and waits for the answer; connects if needed.  RESTORE comes long after the
 * other orders: if the connection has died meanwhile, it is sent again over a new one.
 * timeout_ms: for each attempt.  The caller calls answer_clear() in any case; a refusal is an
 * answer.  Errors: XV_CANNOT; XV_FAILED, -EINTR.
 */
int peer_ask(struct peer *peer, const struct order *order, int timeout_ms, struct answer *ret,
             struct err *e);

void peer_close(struct peer *peer);

#endif

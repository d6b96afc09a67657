/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The xvtd on another host, reached as `xl migrate` reaches the xl there. */
#ifndef XVTD_PEER_H
#define XVTD_PEER_H

#include <stdbool.h>

#include "migrate/wire.h"

/* ssh as xl uses it; but a connection that has died is noticed after half a minute. */
#define PEER_RSH "ssh -o ServerAliveInterval=10 -o ServerAliveCountMax=3"

struct peer {
    const char *rsh;        /* shell text: its words, then the host, then a command */
    const char *host;
    struct child *child;    /* NULL until something is asked */
};

/* `[A-Za-z0-9@][A-Za-z0-9@.:_-]*`: nothing that a shell or ssh takes for something else. */
bool peer_host_valid(const char *host);

/*
 * Gives an order and waits for the answer, over a connection that is made where there is none.
 * RESTORE, which comes long after what was before it, is said once more over a new one when the
 * old one turns out to be dead.  timeout_ms: for each.  answer_clear() in any case; a refusal from there is an answer.
 * Errors: XV_CANNOT; XV_FAILED, -EINTR.
 */
int peer_ask(struct peer *peer, const struct order *order, int timeout_ms, struct answer *ret,
             struct err *e);

void peer_close(struct peer *peer);

#endif

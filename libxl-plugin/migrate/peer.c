/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "migrate/peer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/child.h"
#include "base/text.h"

#define CLOSE_MS 2000

bool peer_host_valid(const char *host)
{
    return *host && !strchr(".:_-", *host) && !host[strspn(host, TEXT_ALNUM "@.:_-")] &&
           strlen(host) < 256;
}

void peer_close(struct peer *peer)
{
    peer->child = child_end(peer->child, CLOSE_MS);
}

static int connect_peer(struct peer *peer, struct err *e)
{
    AUTO_FREE char *command = NULL;

    if (peer->child)
        return 0;
    if (asprintf(&command, "exec %s %s xvtd migrate-receive", peer->rsh, peer->host) < 0) {
        command = NULL;
        return err_nomem(e);
    }
    return child_start(&peer->child, command, e);
}

static int talk(struct peer *peer, const char *text, size_t len, int timeout_ms,
                struct answer *ret, struct err *e)
{
    AUTO_FREE char *line = NULL;
    size_t n = 0;
    int r = connect_peer(peer, e);

    if (!r)
        r = child_say(peer->child, text, len, timeout_ms, e);
    if (!r)
        r = child_hear(peer->child, WIRE_ANSWER_MAX, timeout_ms, &line, &n, e);
    if (!r) {
        r = answer_read(line, n, ret, e);
        if (r && r != -ENOMEM) {
            err_prefix(e, "xvtd cannot understand its answer");
            e->code = XV_CANNOT;
        }
    }
    if (r)
        peer_close(peer); /* keep the connection if its state is unclear */
    return r;
}

int peer_ask(struct peer *peer, const struct order *order, int timeout_ms, struct answer *ret,
             struct err *e)
{
    CLEANUP(json_free_p) struct json *json = NULL;
    bool old = peer->child != NULL;
    const char *text = NULL;
    size_t len = 0;
    int r = order_write(order, &json, &text, &len, e);

    *ret = (struct answer){ .failed = false };
    if (r)
        return r;
    r = talk(peer, text, len, timeout_ms, ret, e);
    if (r == -EPIPE && old && order->kind == ORDER_RESTORE) {
        answer_clear(ret);
        r = talk(peer, text, len, timeout_ms, ret, e);
    }
    if (!r)
        peer->version = ret->version;
    if (r && r != -EINTR && r != -ENOMEM) {
        err_prefix(e, "%s", peer->host);
        err_hint(e, "that host needs this release of xvtd, the one before or the next: try "
                 "`%s %s xvtd --version`",
                 peer->rsh, peer->host);
    }
    return r;
}

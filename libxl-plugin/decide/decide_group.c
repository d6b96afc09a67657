/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decide/decide_common.h"

#include <errno.h>
#include <stdio.h>

#include "session/domain.h"

static bool comes_along(const struct plan *attach, struct bdf bdf)
{
    for (size_t i = 0; i < attach->n; i++)
        if (bdf_equal(attach->steps[i].bdf, bdf))
            return true;
    return false;
}

static enum group_user user_of(const struct facts *f, const struct plan *attach,
                               const struct group_peer *peer, const struct guest_pci **owner)
{
    *owner = guest_pci_find(f->assigned, f->n_assigned, peer->bdf);
    if (*owner)
        return f->dom && (*owner)->domid == f->dom->domid ? GROUP_SAME_GUEST : GROUP_OTHER_GUEST;
    if (comes_along(attach, peer->bdf))
        return GROUP_SAME_GUEST;
    return peer->native ? GROUP_DOM0 : GROUP_NOBODY;
}

static int refuse_split(const struct facts *f, struct bdf bdf, const struct group_peer *peer,
                        const struct guest_pci *owner, struct err *e)
{
    int r;

    if (owner)
        r = err_on(e, XV_REFUSED, EXDEV, BDF_STR(bdf),
                   "it cannot be kept apart from %s, which %s has: %s", BDF_STR(peer->bdf),
                   domain_label(f->domains, f->n_domains, owner->domid).s, peer->reason);
    else
        r = err_on(e, XV_REFUSED, EXDEV, BDF_STR(bdf),
                   "it cannot be kept apart from %s, which dom0's driver %s has: %s",
                   BDF_STR(peer->bdf), peer->driver, peer->reason);
    err_kind(e, "split-group");
    if (peer->tie == TIE_REQUESTER)
        err_hint(e, owner ? "give both to the same guest; `xvtd groups %s` shows why"
                          : "--with-group takes all of them; `xvtd groups %s` lists them",
                 BDF_STR(bdf));
    else
        err_hint(e, "--with-group takes the whole group; --allow=split-group accepts that each may "
                 "access the other");
    return r;
}

static int check_peer(const struct facts *f, const struct plan *attach, struct bdf bdf,
                      const struct group_peer *peer, unsigned allow, struct plan_notes *notes,
                      struct err *e)
{
    const struct guest_pci *owner;
    enum group_user user = user_of(f, attach, peer, &owner);

    switch (group_policy(peer->tie, user)) {
    case GROUP_FINE:
        return 0;
    case GROUP_WARN:
        return plan_note_add(notes, "split-group", bdf, e, "it may access %s, which dom0's driver "
                             "%s has: %s", BDF_STR(peer->bdf), peer->driver, peer->reason);
    case GROUP_REFUSE:
        break;
    }
    if (peer->tie != TIE_REQUESTER && allow & ALLOW_SPLIT_GROUP)
        return 0;
    return refuse_split(f, bdf, peer, owner, e);
}

int check_groups(const struct facts *f, const struct plan *attach, unsigned allow,
                 struct plan_notes *notes, struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < attach->n; i++) {
        struct bdf bdf = attach->steps[i].bdf;
        const struct fn_facts *fn = facts_fn(f, bdf);

        if (attach->steps[i].status == STEP_ALREADY)
            continue;
        for (size_t p = 0; !r && p < fn->n_peers; p++)
            r = check_peer(f, attach, bdf, &fn->peers[p], allow, notes, e);
    }
    return r;
}

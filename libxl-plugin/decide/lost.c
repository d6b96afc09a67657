/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decide/lost.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "driver/history.h"

int lost_look(struct hv *hv, const struct root *root, struct bdf bdf, struct lost *ret,
              struct err *e)
{
    struct lost lost = { .kind = LOST_GONE };
    bool in_xen = false;
    int r = 0;

    if (root_existsf(root, "sys/bus/pci/devices/%s", BDF_STR(bdf))) {
        r = hv_is_free(hv, bdf, &in_xen, e);
        lost.kind = in_xen ? LOST_NOT : LOST_UNSURE;
    }
    if (r >= 0 && lost.kind != LOST_NOT)
        history_identity(root, bdf, lost.was);
    if (r >= 0 && lost.kind == LOST_UNSURE) {
        struct identity is;

        r = identity_read(root, bdf, &is, e);
        if (!r)
            identity_format(&is, lost.is);
        if (!r && *lost.was)
            lost.kind = strcmp(lost.was, lost.is) ? LOST_OTHER : LOST_BACK;
    }
    if (r < 0)
        return r;
    *ret = lost;
    return 0;
}

void lost_text(const struct lost *lost, const char *guest, char buf[LOST_TEXT_MAX])
{
    switch (lost->kind) {
    case LOST_NOT:
        *buf = '\0';
        break;
    case LOST_GONE:
        snprintf(buf, LOST_TEXT_MAX, "it is gone from the host, and libxl's records still list it "
                 "in %s", guest);
        break;
    case LOST_BACK:
        snprintf(buf, LOST_TEXT_MAX, "it left the host and came back: %s no longer has it, but "
                 "libxl's records still list it there", guest);
        break;
    case LOST_OTHER:
        snprintf(buf, LOST_TEXT_MAX, "another device is there now: %s instead of %s, which %s had",
                 lost->is, lost->was, guest);
        break;
    case LOST_UNSURE:
        snprintf(buf, LOST_TEXT_MAX, "the device that %s had left the host, and %s is there now",
                 guest, lost->is);
        break;
    }
}

int refuse_lost(struct bdf bdf, const struct lost *lost, const char *guest, const char *operand,
                struct err *e)
{
    bool gone = lost->kind == LOST_GONE;
    char text[LOST_TEXT_MAX];
    int r;

    lost_text(lost, guest, text);
    r = err_on(e, gone ? XV_NOT_FOUND : XV_REFUSED, gone ? ENODEV : EXDEV, BDF_STR(bdf), "%s", text);
    err_kind(e, gone ? "gone" : "identity");
    err_hint(e, "xvtd recover %s", operand);
    return r;
}

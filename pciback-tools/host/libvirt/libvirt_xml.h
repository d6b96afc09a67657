/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a guest's XML as libvirt writes it (docs/schemas/domaincommon.rng): a <domain>, alone or in
 * a <domstatus>.  The only user of libxml2, which is opened when it is needed: where libvirt is,
 * libxml2 is.
 */
#ifndef XVTD_LIBVIRT_XML_H
#define XVTD_LIBVIRT_XML_H

#include <stddef.h>

#include "base/bdf.h"
#include "base/err.h"

#define LIBVIRT_UUID_MAX 40

struct libvirt_xml {
    char uuid[LIBVIRT_UUID_MAX];    /* lower case; "" if it has none */
    struct bdf *devices;            /* of <hostdev> and <interface type='hostdev'>; free() */
    size_t n;
};

/*
 * text: len bytes.  The caller frees devices in any case.  Errors: XV_CANNOT for text that is not
 * such XML, or without libxml2; the message is only the cause.
 */
int libvirt_xml_read(const char *text, size_t len, struct libvirt_xml *ret, struct err *e);

#endif

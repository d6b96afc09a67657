/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A function behind a PCI Express link that is down: it does not answer, and the port above it
 * reports that.  In a slot without hot-plug and without DPC the kernel does not notice.
 */
#ifndef XVTD_LINK_DOWN_H
#define XVTD_LINK_DOWN_H

#include <stdbool.h>

#include "base/bdf.h"
#include "base/config_space.h"
#include "base/root.h"

enum port_link { PORT_LINK_UNKNOWN, PORT_LINK_UP, PORT_LINK_DOWN };

/*
 * Has the function no header, only ones (PCIe 2.3.2)? The IDs alone do not say so: those of a
 * virtual function are ones.
 */
bool config_silent(struct config *c);

/* The Data Link Layer's state, of a port that reports it (PCIe 7.5.3.6, 7.5.3.8). */
enum port_link config_port_link(struct config *c);

/* Is a link above the function down? *port: the port that reports it.  Reads sysfs. */
bool link_down(const struct root *root, struct bdf bdf, struct bdf *port);

#endif

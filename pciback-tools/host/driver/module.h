/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads xen-pciback when it is a module.  The only user of libkmod. */
#ifndef XVTD_MODULE_H
#define XVTD_MODULE_H

#include <stdbool.h>

#include "base/err.h"

/* True when the running kernel has a module of this name ("xen-pciback"). */
bool module_available(const char *name);

/* Loads the module and its dependencies, as modprobe does.  Errors: XV_CANNOT. */
int module_load(const char *name, struct err *e);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading xen-pciback where the kernel has it as a module.  The one user of libkmod. */
#ifndef XVTD_MODULE_H
#define XVTD_MODULE_H

#include <stdbool.h>

#include "base/err.h"

/* True when the running kernel's modules have one of this name ("xen-pciback"). */
bool module_available(const char *name);

/* Loads it with what it depends on, as modprobe would.  Errors: XV_CANNOT. */
int module_load(const char *name, struct err *e);

#endif

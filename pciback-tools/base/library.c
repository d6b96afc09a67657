/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/library.h"

#include <dlfcn.h>

bool library_open(const char *soname, const struct library_symbol *symbols, size_t n)
{
    void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    bool complete = library != NULL;

    for (size_t i = 0; i < n; i++) {
        *symbols[i].function = library ? dlsym(library, symbols[i].name) : NULL;
        complete &= *symbols[i].function != NULL;
    }
    for (size_t i = 0; !complete && i < n; i++)
        *symbols[i].function = NULL;
    return complete;
}

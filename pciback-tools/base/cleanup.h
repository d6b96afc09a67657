/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scope-bound resources.  A variable marked with one of these releases what it
 * holds when its scope ends; handing ownership on is visible as TAKE_PTR().
 */
#ifndef XVTD_BASE_CLEANUP_H
#define XVTD_BASE_CLEANUP_H

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Defines fn_p(), the cleanup form of a destructor that accepts NULL. */
#define DEFINE_CLEANUP(type, fn)                                        \
    static inline void fn##_p(type *p)                                  \
    {                                                                   \
        if (*p)                                                         \
            fn(*p);                                                     \
    }

static inline void free_p(void *p)
{
    free(*(void **)p);
}

static inline void close_p(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void closedir_p(DIR **d)
{
    if (*d)
        closedir(*d);
}

#define AUTO_FREE CLEANUP(free_p)
#define AUTO_CLOSE CLEANUP(close_p)
#define AUTO_CLOSEDIR CLEANUP(closedir_p)

/* Hands the pointer on: the variable becomes NULL, the value is returned. */
#define TAKE_PTR(p)                                                     \
    ({                                                                  \
        __typeof__(p) taken_ = (p);                                     \
        (p) = NULL;                                                     \
        taken_;                                                         \
    })

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Makes room for one more element in a growing array of `n` elements, whose
 * capacity is the next power of two.  Evaluates to 0 or -ENOMEM; on failure the
 * array is as it was.
 */
#define ARRAY_GROW(array, n) array_grow((void **)&(array), (n), sizeof(*(array)))

int array_grow(void **array, size_t n, size_t size);

#endif

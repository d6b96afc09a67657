/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls of cfg/file.c, counted, so that a test can make the n-th one fail
 * or die right before it.  Defined in the test program, they stand before libc's.
 */
#ifndef XVTD_TEST_SHIM_H
#define XVTD_TEST_SHIM_H

struct shim {
    int count;          /* calls so far */
    int fail_at;        /* this call fails with fail_errno; 0: none */
    int fail_errno;
    int kill_at;        /* the process dies before this call; 0: never */
    const char *failed; /* the call that was made to fail, or NULL */
    void (*before)(const char *call); /* called before each one, or NULL */
};

extern struct shim shim;

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts the system calls of cfg/file.c, so that a test can make call n fail, or die right before
 * it.  The test program defines them, so the linker prefers them to libc's.
 */
#ifndef XVTD_TEST_SHIM_H
#define XVTD_TEST_SHIM_H

struct shim {
    int count;          /* calls so far */
    int fail_at;        /* this call fails with fail_errno; 0: none */
    int fail_errno;
    int kill_at;        /* the process dies before this call; 0: never */
    const char *failed; /* name of the call that failed, or NULL */
    void (*before)(const char *call); /* called before each call, or NULL */
};

extern struct shim shim;

#endif

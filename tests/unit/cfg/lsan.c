/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libxlutil's parser leaks its memory when it meets an error: not a leak of ours. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libxlutil\n";
}

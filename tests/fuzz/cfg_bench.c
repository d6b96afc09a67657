/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long an edit takes beside libxlutil's own single parse of the same file:
 * cfg_bench [ROUNDS].  Prints medians over files of rising size.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cfg/cfg_change.h"
#include "cfg/xlu_check.h"

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* What fills the file besides its list of 16 devices. */
enum filling { SETTINGS, COMMENTS, DISKS, N_FILLINGS };
static const char *const filling_names[] = { "settings", "comments", "one list" };

static char *make_text(size_t size, enum filling filling, size_t *len)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, len);

    fputs("name = 'bench'\ntype = 'hvm'\npassthrough = 'enabled'\npci = [\n", f);
    for (int i = 0; i < 16; i++)
        fprintf(f, "    '0000:%02x:00.0@%x', # device %d\n", i + 2, i + 4, i);
    fputs("]\n", f);
    if (filling == DISKS)
        fputs("disk = [\n", f);
    for (int i = 0; (size_t)ftell(f) < size; i++) {
        if (filling == SETTINGS)
            fprintf(f, "key_%d = \"value %d\" # why\n", i, i);
        else if (filling == COMMENTS)
            fprintf(f, "# line %d of a long story about this guest and its devices\n", i);
        else
            fprintf(f, "    'phy:/dev/vg/volume-%d,xvd%d,w',\n", i, i);
    }
    if (filling == DISKS)
        fputs("]\n", f);
    fclose(f);
    return text;
}

static int by_value(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof(*v), by_value);
    return v[n / 2];
}

static void bench(size_t size, enum filling filling, const char *path, int rounds)
{
    double xl[100], pure[100], file[100];
    struct spec spec;
    struct cfg_change add = { .add = &spec, .n_add = 1 };
    struct cfg_result result;
    size_t len, n;
    char *text = make_text(size, filling, &len), *with;
    struct err e;

    if (spec_parse("ff:00.0", &spec, &e))
        exit(1);
    for (int i = 0; i < rounds; i++) {
        struct xlu_reading reading;
        double start = now();
        FILE *f;

        xlu_read(text, len, &reading, &e);
        xl[i] = now() - start;
        xlu_reading_clear(&reading);
        start = now();
        if (cfg_change_text(&add, "bench", text, len, &with, &n, &result, &e))
            exit(1);
        pure[i] = now() - start;
        free(with);
        f = fopen(path, "w");
        fwrite(text, 1, len, f);
        fclose(f);
        start = now();
        if (cfg_change_file(&add, path, false, &result, NULL, &e)) {
            fprintf(stderr, "%s\n", e.message);
            exit(1);
        }
        file[i] = now() - start;
    }
    printf("%5zu KiB %-8s  libxlutil parses %7.2f ms;  add %7.2f ms (%.2f);  "
           "with the file %7.2f ms (%.2f)\n", size >> 10, filling_names[filling],
           median(xl, rounds), median(pure, rounds), median(pure, rounds) / median(xl, rounds),
           median(file, rounds), median(file, rounds) / median(xl, rounds));
    spec_clear(&spec);
    free(text);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 11;
    char path[] = "/tmp/xvtd-bench.XXXXXX";

    close(mkstemp(path));
    if (rounds < 1 || rounds > 100)
        return 2;
    for (size_t size = 64u << 10; size <= 4u << 20; size *= 4)
        for (int filling = 0; filling < N_FILLINGS; filling++)
            bench(size, (enum filling)filling, path, rounds);
    unlink(path);
    return 0;
}

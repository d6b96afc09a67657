/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/audit.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#define IDENTIFIER "xvtd"
#define LINE_MAX_BYTES 1024

/* The user who logged in, or the process's own user where no login is recorded. */
static unsigned user(const struct root *root)
{
    char text[16];
    unsigned uid;

    if (root_readf(root, text, sizeof(text), "proc/self/loginuid") > 0 &&
        sscanf(text, "%u", &uid) == 1 && uid != (unsigned)-1)
        return uid;
    return getuid();
}

static bool tell(const struct root *root, const char *path, const char *text, size_t len)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    AUTO_CLOSE int fd = -1;

    if ((size_t)snprintf(to.sun_path, sizeof(to.sun_path), "%s/%s", root_prefix(root), path) >=
        sizeof(to.sun_path))
        return false;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd >= 0 && sendto(fd, text, len, MSG_NOSIGNAL, (const struct sockaddr *)&to,
                             sizeof(to)) == (ssize_t)len;
}

/* One line of the protocol.  text_clean() has taken newlines out of the value. */
static void field(FILE *out, const char *name, const char *value)
{
    AUTO_FREE char *copy = NULL;

    if (value && *value)
        fprintf(out, "%s=%s\n", name, text_clean(value, false, &copy));
}

static bool tell_journal(const struct xvtd *x, const struct audit *what, const char *line,
                         const char *uid)
{
    AUTO_FREE char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        return true; /* without memory no line is sent */
    field(out, "MESSAGE", line);
    fprintf(out, "PRIORITY=%d\nSYSLOG_IDENTIFIER=" IDENTIFIER "\n", LOG_NOTICE);
    field(out, "XVTD_PROGRAM", x->name);
    field(out, "XVTD_COMMAND", x->command);
    field(out, "XVTD_USER", uid);
    field(out, "XVTD_GUEST", what->guest);
    field(out, "XVTD_DEVICE", what->device);
    field(out, "XVTD_FILE", what->file);
    field(out, "XVTD_HOST", what->host);
    field(out, "XVTD_RESULT", what->result);
    return fclose(out) || tell(x->root, "run/systemd/journal/socket", text, len);
}

static void tell_syslog(const struct xvtd *x, const char *line)
{
    AUTO_FREE char *copy = NULL;
    char text[LINE_MAX_BYTES + 64], when[24];
    time_t now = time(NULL);
    struct tm tm;
    int len;

    if (!localtime_r(&now, &tm) || !strftime(when, sizeof(when), "%b %e %H:%M:%S", &tm))
        return;
    len = snprintf(text, sizeof(text), "<%d>%s " IDENTIFIER "[%d]: %s", LOG_DAEMON | LOG_NOTICE,
                   when, (int)getpid(), text_clean(line, false, &copy));
    if (len >= (int)sizeof(text))
        len = sizeof(text) - 1;
    tell(x->root, "dev/log", text, (size_t)len);
}

static void add(char line[LINE_MAX_BYTES], const char *word)
{
    size_t len = strlen(line);

    if (word && *word)
        snprintf(line + len, LINE_MAX_BYTES - len, "%s: ", word);
}

void audit(const struct xvtd *x, const struct audit *what)
{
    char line[LINE_MAX_BYTES], uid[16];
    size_t len;

    if (x->dry_run || x->captured || !strcmp(what->result, "already"))
        return;
    snprintf(uid, sizeof(uid), "%u", user(x->root));
    snprintf(line, sizeof(line), "%s%s%s: ", x->name, *x->command ? " " : "", x->command);
    add(line, what->guest);
    add(line, what->device);
    add(line, what->file);
    add(line, what->host);
    add(line, what->result);
    len = strlen(line);
    snprintf(line + len, sizeof(line) - len, "%s (user %s)", what->message, uid);
    if (!tell_journal(x, what, line, uid))
        tell_syslog(x, line);
}

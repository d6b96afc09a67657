/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pciback-bind and pciback-unbind: each whole program but for exit(). */
#ifndef XVTD_CMD_BIND_H
#define XVTD_CMD_BIND_H

int bind_main(int argc, char **argv);
int unbind_main(int argc, char **argv);

#endif

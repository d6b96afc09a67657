/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/commands.h"

int main(int argc, char **argv)
{
    return xvtd_main(argc, argv);
}

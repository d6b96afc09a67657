/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/cmd_hide.h"

int main(int argc, char **argv)
{
    return hide_main(argc, argv);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/cmd_bind.h"

int main(int argc, char **argv)
{
    return unbind_main(argc, argv);
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Everything that the programs have said in the tests before this one, against tests/golden.
exec tests/golden/compare "${XVTD_PROSE:-$XVTD_BUILD/prose}"

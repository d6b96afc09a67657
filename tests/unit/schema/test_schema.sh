#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the other tests made programs print as JSON is as docs/schema says.
cd "$(dirname "${BASH_SOURCE[0]}")/../../.." || exit 1
exec docs/schema/validate "${XVTD_DOCUMENTS:-$XVTD_BUILD/documents}"

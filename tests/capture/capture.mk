# SPDX-License-Identifier: GPL-2.0-or-later
#
#   make bench-list   list and groups on machines of 4096 and 8192 functions, beside lspci

$(BUILD)/tests/capture/machine: tests/capture/machine.c
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(ALLFLAGS) $(HARDEN_LD) $(LDFLAGS) $< -o $@

bench-list: all $(BUILD)/tests/capture/machine
	@.ci/install-deps bench
	@XVTD_BUILD=$(BUILD) tests/capture/bench

.PHONY: bench-list

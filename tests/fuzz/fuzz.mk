# SPDX-License-Identifier: GPL-2.0-or-later
#
#   make fuzz             all of it
#   make fuzz-cfg         the laws of cfg/ on 100,000 generated cfgs, then libFuzzer with
#                         ASan and UBSan for FUZZ_SECONDS, or for FUZZ_RUNS runs
#   make fuzz-firmware    the laws of firmware.h on ACPI tables; a short, deterministic part
#                         of it is the unit test
#   make fuzz-config      the laws of configuration space, likewise
#   make fuzz-hide        the laws of the hide parameter and of command lines
#   make fuzz-wire        the laws of what two hosts say to each other about a migration
#   make fuzz-journal     what a journal that somebody has damaged can do to its reader
#   make fuzz-manifest    the same of a manifest
#   make fuzz-qmp         a device model that answers anything
#   make fuzz-hmp         what its human monitor prints: the guest's PCI bus
#   make check-fuzz-cfg   a short, deterministic part of it
#
# libFuzzer comes with clang.  It keeps what it finds in build/fuzz/corpus-*.

FUZZ_COUNT   ?= 100000
FUZZ_SECONDS ?= 60
FUZZ_RUNS    ?= -1
FUZZ_CFG_GEN := tests/fuzz/cfg.c tests/unit/cfg/lsan.c tests/fuzz/cfg_generated.c tests/unit/cfg/gen.c

$(BUILD)/fuzz/cfg_generated: $(FUZZ_CFG_GEN) $(LAYER_cfg)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALLFLAGS) $(HARDEN_LD) $(LDFLAGS) $^ -o $@ $(LINK_cfg)

check-fuzz-cfg: $(BUILD)/fuzz/cfg_generated
	$(Q)$< 3000

# Targets are linked with archives of their own, in which all code is instrumented.
FUZZ_MAKE = +$(Q)$(MAKE) --no-print-directory FUZZ=1 CC=clang CFLAGS='-O1 -g' BUILD=build/fuzz

# fuzz_target NAME,LAYER,SOURCES BESIDE tests/fuzz/NAME.c,OPTIONS
define fuzz_target
ifdef FUZZ
$(BUILD)/fuzz-$(1): $(call objects,tests/fuzz/$(1).c $(3)) $(LAYER_$(2))
	$$(call say,FUZZ,$$@)$$(CC) $$(ALLFLAGS) -fsanitize=fuzzer $$^ -o $$@ $$(LINK_$(2))
endif

fuzz-$(1):
	$$(FUZZ_MAKE) build/fuzz/fuzz-$(1)
	@mkdir -p build/fuzz/corpus-$(1)
	$$(Q)build/fuzz/fuzz-$(1) -max_total_time=$$(FUZZ_SECONDS) -runs=$$(FUZZ_RUNS) -print_final_stats=1 $(4) \
		build/fuzz/corpus-$(1)

FUZZ_TARGETS += fuzz-$(1)
endef

FUZZ_TARGETS :=
$(eval $(call fuzz_target,cfg,cfg,tests/unit/cfg/lsan.c,-max_len=2048 -only_ascii=0 -dict=tests/fuzz/cfg.dict))
$(eval $(call fuzz_target,firmware,host,tests/unit/host/firmware_laws.c,-max_len=512))
$(eval $(call fuzz_target,config,host,tests/unit/host/config_laws.c tests/unit/fake/fake_config.c \
	tests/unit/fake/fake_tree.c,-max_len=4096))
$(eval $(call fuzz_target,hide,host,,-max_len=1200 -dict=tests/fuzz/hide.dict))
$(eval $(call fuzz_target,wire,xl,tests/unit/xl/wire_laws.c,-max_len=4096))
$(eval $(call fuzz_target,journal,xl,tests/unit/fake/fake_tree.c,-max_len=4096))
$(eval $(call fuzz_target,manifest,xl,,-max_len=4096))
$(eval $(call fuzz_target,qmp,xl,,-max_len=4096))
$(eval $(call fuzz_target,hmp,xl,,-max_len=2048))

fuzz-cfg: fuzz-cfg-generated
fuzz-cfg-generated: $(BUILD)/fuzz/cfg_generated
	$(Q)$< $(FUZZ_COUNT)

fuzz: $(FUZZ_TARGETS)

.PHONY: fuzz $(FUZZ_TARGETS) fuzz-cfg-generated check-fuzz-cfg

# An edit beside libxlutil's own parse of the same file.
$(BUILD)/fuzz/cfg_bench: tests/fuzz/cfg_bench.c $(LAYER_cfg)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALLFLAGS) $(HARDEN_LD) $(LDFLAGS) $^ -o $@ $(LINK_cfg)

bench-cfg: $(BUILD)/fuzz/cfg_bench
	$(Q)$<

.PHONY: bench-cfg

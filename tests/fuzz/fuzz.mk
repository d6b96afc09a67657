# SPDX-License-Identifier: GPL-2.0-or-later
#
#   make fuzz             all of it
#   make fuzz-cfg         the laws of cfg/ on 100,000 generated cfgs, then libFuzzer with
#                         ASan and UBSan for FUZZ_SECONDS
#   make fuzz-firmware    the laws of firmware.h on ACPI tables; a short, deterministic part
#                         of it is the unit test
#   make fuzz-config      the laws of configuration space, likewise
#   make fuzz-hide        the laws of the hide parameter and of command lines
#   make fuzz-wire        the laws of what two hosts say to each other about a migration
#   make check-fuzz-cfg   a short, deterministic part of it
#
# libFuzzer comes with clang.  It keeps what it finds in build/fuzz/corpus-*.

FUZZ_COUNT   ?= 100000
FUZZ_SECONDS ?= 60
FUZZ_CFG_SRC := tests/fuzz/cfg.c tests/unit/cfg/lsan.c $(wildcard cfg/*.c pciback-tools/base/*.c)
FUZZ_CFG_GEN := tests/fuzz/cfg.c tests/unit/cfg/lsan.c tests/fuzz/cfg_generated.c tests/unit/cfg/gen.c

build/fuzz/cfg: $(FUZZ_CFG_SRC)
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)clang $(ALLFLAGS) -O1 -g -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined $^ -o $@ $(LINK_cfg)

$(BUILD)/fuzz/cfg_generated: $(FUZZ_CFG_GEN) $(LAYER_cfg)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALLFLAGS) $(LDFLAGS) $^ -o $@ $(LINK_cfg)

check-fuzz-cfg: $(BUILD)/fuzz/cfg_generated
	$(Q)$< 3000

fuzz-cfg: build/fuzz/cfg $(BUILD)/fuzz/cfg_generated
	$(Q)$(BUILD)/fuzz/cfg_generated $(FUZZ_COUNT)
	@mkdir -p build/fuzz/corpus-cfg
	$(Q)build/fuzz/cfg -max_total_time=$(FUZZ_SECONDS) -max_len=2048 -only_ascii=0 \
		-dict=tests/fuzz/cfg.dict -print_final_stats=1 build/fuzz/corpus-cfg

FUZZ_FIRMWARE_SRC := tests/fuzz/firmware.c tests/unit/host/firmware_laws.c \
	$(addprefix pciback-tools/host/groups/,firmware.c dmar.c ivrs.c acpi.c) $(wildcard pciback-tools/base/*.c)

build/fuzz/firmware: $(FUZZ_FIRMWARE_SRC)
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)clang $(ALLFLAGS) -O1 -g -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined $^ -o $@ $(LINK_base)

fuzz-firmware: build/fuzz/firmware
	@mkdir -p build/fuzz/corpus-firmware
	$(Q)build/fuzz/firmware -max_total_time=$(FUZZ_SECONDS) -max_len=512 \
		-print_final_stats=1 build/fuzz/corpus-firmware

FUZZ_CONFIG_SRC := tests/fuzz/config.c tests/unit/host/config_laws.c tests/unit/fake/fake_config.c \
	tests/unit/fake/fake_tree.c $(SRC_host) $(filter-out %/this_machine.c,$(SRC_base))

build/fuzz/config: $(FUZZ_CONFIG_SRC)
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)clang $(ALLFLAGS) -O1 -g -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined $^ -o $@ $(LINK_host)

fuzz-config: build/fuzz/config
	@mkdir -p build/fuzz/corpus-config
	$(Q)build/fuzz/config -max_total_time=$(FUZZ_SECONDS) -max_len=4096 \
		-print_final_stats=1 build/fuzz/corpus-config

FUZZ_HIDE_SRC := tests/fuzz/hide.c $(addprefix pciback-tools/host/hide/,hide.c hide_find.c cmdline.c) \
	$(wildcard pciback-tools/base/*.c)

build/fuzz/hide: $(FUZZ_HIDE_SRC)
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)clang $(ALLFLAGS) -O1 -g -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined $^ -o $@ $(LINK_base)

fuzz-hide: build/fuzz/hide
	@mkdir -p build/fuzz/corpus-hide
	$(Q)build/fuzz/hide -max_total_time=$(FUZZ_SECONDS) -max_len=1200 \
		-dict=tests/fuzz/hide.dict -print_final_stats=1 build/fuzz/corpus-hide

FUZZ_WIRE_SRC := tests/fuzz/wire.c tests/unit/xl/wire_laws.c libxl-plugin/migrate/wire.c \
	$(addprefix libxl-plugin/,change/manifest.c change/remember.c decide/plan.c session/device.c) $(SRC_cfg) $(SRC_host) $(SRC_base)

build/fuzz/wire: $(FUZZ_WIRE_SRC)
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)clang $(ALLFLAGS) -O1 -g -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined $^ -o $@ $(LINK_xl)

fuzz-wire: build/fuzz/wire
	@mkdir -p build/fuzz/corpus-wire
	$(Q)build/fuzz/wire -max_total_time=$(FUZZ_SECONDS) -max_len=4096 \
		-print_final_stats=1 build/fuzz/corpus-wire

fuzz: fuzz-cfg fuzz-config fuzz-firmware fuzz-hide fuzz-wire

.PHONY: fuzz fuzz-cfg fuzz-config fuzz-firmware fuzz-hide fuzz-wire check-fuzz-cfg

# An edit beside libxlutil's own parse of the same file.
$(BUILD)/fuzz/cfg_bench: tests/fuzz/cfg_bench.c $(LAYER_cfg)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALLFLAGS) $(LDFLAGS) $^ -o $@ $(LINK_cfg)

bench-cfg: $(BUILD)/fuzz/cfg_bench
	$(Q)$<

.PHONY: bench-cfg

# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each test program links its own file, the fakes of its layer (other files in its
# folder), for the layers above base those that they share (tests/unit/fake), and the
# archives of its layer and below: a layering mistake is a link error.  A fake that
# defines a function of an edge stands before the archive, so the archive's own object is
# never pulled in.
#
#   make check-unit [SUMMARY=FILE]   runs them all; "PASSED FAILED SKIPPED" goes to FILE
#   make golden     after it: what the programs have said is what they are to say

UNIT_LAYERS := base host cfg tools hv xl
UNIT_SRC    := $(wildcard tests/unit/*/*.c)
UNIT_TESTS  := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*/test_*.c))

UNIT_SCRIPTS := $(wildcard tests/unit/*/test_*.sh tests/unit/*/test_*.py)

UNIT_FAKES_cfg  := tests/unit/fake/fake_record.c
UNIT_FAKES_host := $(wildcard tests/unit/fake/*.c)
UNIT_FAKES_tools := $(UNIT_FAKES_host)
UNIT_FAKES_xl   := $(UNIT_FAKES_host)

# The fake program keeps what kind the notes are (fake_run.c).
UNIT_WRAP_host  := -Wl,--wrap=xvtd_note
UNIT_WRAP_tools := $(UNIT_WRAP_host)
UNIT_WRAP_xl    := $(UNIT_WRAP_host)

define unit_layer
$(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/$(1)/test_*.c)): $(BUILD)/%: $(BUILD)/%.o \
		$(call objects,$(filter-out $(wildcard tests/unit/$(1)/test_*.c),$(wildcard tests/unit/$(1)/*.c)) $(UNIT_FAKES_$(1))) \
		$$(LAYER_$(1))
	$$(call say,LD,$$@)$$(CC) $$(ALLFLAGS) $$(HARDEN_LD) $$(LDFLAGS) $(UNIT_WRAP_$(1)) $$^ -o $$@ $$(LINK_$(1)) $$(call libs,cmocka)
endef
$(foreach layer,$(UNIT_LAYERS),$(eval $(call unit_layer,$(layer))))

unit-tests: $(UNIT_TESTS)

check-unit:
	@.ci/install-deps build
	$(SUBMAKE) unit-tests $(COMPLETIONS)
	@rm -f $(BUILD)/documents $(BUILD)/prose
	@XVTD_BUILD=$(BUILD) XVTD_DOCUMENTS=$(abspath $(BUILD)/documents) XVTD_PROSE=$(abspath $(BUILD)/prose) \
		tests/unit/run $(if $(SUMMARY),--summary $(SUMMARY)) $(UNIT_TESTS) $(UNIT_SCRIPTS)

golden:
	@tests/golden/compare --write $(BUILD)/prose

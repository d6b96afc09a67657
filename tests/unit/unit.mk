# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each test program links its own file, the fakes of its layer (other files in its
# folder) and the archives of its layer and below: a layering mistake is a link error.
# A fake that defines a function of an edge stands before the archive, so the
# archive's own object is never pulled in.

UNIT_LAYERS := base host cfg xl
UNIT_SRC    := $(wildcard tests/unit/*/*.c)
UNIT_TESTS  := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*/test_*.c))

define unit_layer
$(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/$(1)/test_*.c)): $(BUILD)/%: $(BUILD)/%.o \
		$(call objects,$(filter-out $(wildcard tests/unit/$(1)/test_*.c),$(wildcard tests/unit/$(1)/*.c))) \
		$$(LAYER_$(1))
	$$(call say,LD,$$@)$$(CC) $$(ALLFLAGS) $$(LDFLAGS) $$^ -o $$@ $$(LINK_$(1)) $$(call libs,cmocka)
endef
$(foreach layer,$(UNIT_LAYERS),$(eval $(call unit_layer,$(layer))))

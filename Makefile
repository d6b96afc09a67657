# SPDX-License-Identifier: GPL-2.0-or-later
#
#   make              build everything into build/
#   make demo         show the main job on the real hypervisor, in an emulated machine
#   make check        all tests: unit, command line, lab;  SAN=1: with ASan and UBSan
#   make check-unit   the fast part of it
#   make golden       after it: tests/golden is what the programs have said
#   make soak         ROUNDS=200 of mixed commands, and in a guest with PV drivers; SEED=1
#   make bench        beside xl in the lab, beside libxlutil and lspci here
#   make deb          Debian packages in build/deb, read by lintian
#   make fuzz lint install
#
# V=1 shows commands, WERROR=1 makes warnings errors, CC=clang works as well.

VERSION := 0.1.0
export SAN
PREFIX  ?= /usr/local
DESTDIR ?=
SBINDIR ?= $(PREFIX)/sbin
MANDIR  ?= $(PREFIX)/share/man
COMPDIR ?= $(PREFIX)/share/bash-completion/completions
SCHEMADIR ?= $(PREFIX)/share/xvtd/schema
LIBDIR  ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
UNITDIR ?= $(PREFIX)/lib/systemd/system
INITDIR ?= /etc/init.d

BUILD ?= build$(if $(SAN),/san)
Q     := $(if $(V),,@)
say    = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)';)

CFLAGS   ?= -O2 -g
# Linked in, so that the lab's dom0 needs no library for it.
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
            $(if $(findstring clang,$(CC)),,-static-libasan -static-libubsan)
# Programs run as root on what guests say.  FORTIFY needs optimisation and is in the sanitizers'
# way; CET is for x86, and a program has it where the release's own start files have.
MACHINE  := $(shell $(CC) -dumpmachine)
HARDEN    = -fPIC -fstack-protector-strong -fstack-clash-protection \
            $(if $(filter x86_64%,$(MACHINE)),-fcf-protection=full) \
            $(if $(SAN)$(FUZZ)$(filter -O0,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARDEN_LD = -pie -Wl,-z,relro,-z,now,-z,noexecstack
FUZZFLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
ALLFLAGS  = -std=gnu11 -D_GNU_SOURCE -DXVTD_VERSION='"$(VERSION)"' -fvisibility=hidden -Wall -Wextra -Wshadow -Wformat=2 \
            $(if $(WERROR),-Werror) $(if $(SAN),$(SANFLAGS)) $(if $(FUZZ),$(FUZZFLAGS)) \
            $(addprefix -I,$(ROOTS)) $(PKG_CFLAGS) $(HARDEN) $(CFLAGS)

# A header is included with its folder: "cfg/doc.h", "base/err.h", "pci/inventory.h", "decide/plan.h".
ROOTS := . pciback-tools pciback-tools/host libxl-plugin

# Libraries by layer.  Recursive variables: nothing asks pkg-config before it is installed.
PKG_base  := yajl smartcols
PKG_host  := xenstore libmnl
PKG_xl    := xenlight xlutil xentoollog xencontrol xencall xendevicemodel
libs       = $(shell pkg-config --libs $(1))
# libkmod, libmount and libxml2 are opened at run time (library.h): here only for their headers.
PKG_CFLAGS = $(shell pkg-config --cflags $(PKG_base) $(PKG_host) $(PKG_xl) libkmod libpci mount libxml-2.0)

# One static archive a layer, of all that is in its folder; a program or test links its
# layer and those below.
SRC_base  := $(wildcard pciback-tools/base/*.c)
SRC_host  := $(wildcard pciback-tools/host/*/*.c)
SRC_cfg   := $(wildcard cfg/*.c)
SRC_tools := $(wildcard pciback-tools/tools/*.c)
SRC_xl    := $(wildcard libxl-plugin/*/*.c)
MAINS     := $(wildcard pciback-tools/main_*.c)

objects   = $(patsubst %.c,$(BUILD)/%.o,$(1))
AR_base  := $(BUILD)/libbase.a
AR_host  := $(BUILD)/libhost.a
AR_cfg   := $(BUILD)/libcfg.a
AR_tools := $(BUILD)/libtools.a
AR_xl    := $(BUILD)/libxl-plugin.a

# What a thing of a layer links with, itself first.
LAYER_base := $(AR_base)
LAYER_host := $(AR_host) $(AR_base)
LAYER_cfg  := $(AR_cfg) $(AR_base)
LAYER_tools := $(AR_tools) $(AR_host) $(AR_cfg) $(AR_base)
LAYER_xl   := $(AR_xl) $(AR_cfg) $(AR_host) $(AR_base)
LAYER_hv   := $(LAYER_xl)
LINK_base   = $(call libs,$(PKG_base))
LINK_host   = $(call libs,$(PKG_host) $(PKG_base))
LINK_cfg    = $(call libs,$(PKG_xl) $(PKG_base))
LINK_tools  = $(LINK_host)
LINK_xl     = $(call libs,$(PKG_xl) $(PKG_host) $(PKG_base))
LINK_hv     = $(LINK_xl)

# pciback-tools' programs: of cfg/ they may use what needs base/ alone, or libxl would be linked.
TOOLS    := $(patsubst main_%.c,$(BUILD)/pciback-%,$(notdir $(MAINS)))
PROGRAMS := $(BUILD)/xvtd $(TOOLS)

# A warning stops a check that nobody watches.
ifeq ($(CI),true)
WERROR := 1
endif

# What bash completes: a program's command records as tables, and the functions that read them.
COMPLETIONS := $(PROGRAMS:$(BUILD)/%=$(BUILD)/completion/%)
GENERATE    := $(BUILD)/docs/completion/generate

# The manual page of the JSON documents is made from their schemas.
SCHEMAS   := $(wildcard docs/schema/*.json)
JSON_PAGE := $(BUILD)/docs/xvtd-json.7

# The library for other toolstacks.
SONAME  := libxvtd.so.0
LIBRARY := $(BUILD)/$(SONAME)

all: $(PROGRAMS) $(LIBRARY) $(COMPLETIONS) $(JSON_PAGE)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALLFLAGS) $(CPPFLAGS) -MMD -MP -c $< -o $@

# The library knows where the program is, which another PREFIX changes.
$(BUILD)/libxl-plugin/library/helper.o: private ALLFLAGS += -DXVTD_PROGRAM='"$(SBINDIR)/xvtd"'
$(BUILD)/libxl-plugin/library/helper.o: $(BUILD)/sbindir
$(BUILD)/sbindir: FORCE
	@mkdir -p $(@D)
	@echo $(SBINDIR) | cmp -s - $@ || echo $(SBINDIR) >$@
FORCE:

# A folder is newer when a file came or went: an archive then has no object of a file that is gone.
define archive
$$(AR_$(1)): $$(call objects,$$(SRC_$(1))) $$(sort $$(dir $$(SRC_$(1))))
	@mkdir -p $$(@D)
	$$(call say,AR,$$@)rm -f $$@ && $$(AR) rcs $$@ $$(filter %.o,$$^)
endef
$(foreach layer,base host cfg tools xl,$(eval $(call archive,$(layer))))

$(BUILD)/xvtd: $(call objects,libxl-plugin/main.c) $(LAYER_xl)
	$(call say,LD,$@)$(CC) $(ALLFLAGS) $(HARDEN_LD) $(LDFLAGS) $^ -o $@ $(LINK_xl)

MAP := libxl-plugin/library/libxvtd.map
$(LIBRARY): $(call objects,$(wildcard libxl-plugin/library/*.c)) $(LAYER_xl) $(MAP)
	$(call say,LD,$@)$(CC) $(ALLFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,--version-script,$(MAP) \
		-Wl,-z,defs $(filter-out -pie,$(HARDEN_LD)) $(LDFLAGS) $(filter-out $(MAP),$^) -o $@ $(LINK_xl)

define tool
$(BUILD)/pciback-$(patsubst main_%.c,%,$(notdir $(1))): $(call objects,$(1)) $(LAYER_tools)
	$$(call say,LD,$$@)$$(CC) $$(ALLFLAGS) $$(HARDEN_LD) $$(LDFLAGS) $$^ -o $$@ $$(LINK_tools)
endef
$(foreach main,$(MAINS),$(eval $(call tool,$(main))))

$(GENERATE): $(call objects,docs/completion/generate.c) $(AR_xl) $(LAYER_tools)
	$(call say,LD,$@)$(CC) $(ALLFLAGS) $(HARDEN_LD) $(LDFLAGS) $^ -o $@ $(LINK_xl)

$(COMPLETIONS): $(BUILD)/completion/%: docs/completion/completion.bash $(GENERATE)
	@mkdir -p $(@D)
	$(call say,GEN,$@){ cat $< && $(GENERATE) $*; } >$@

$(JSON_PAGE): docs/schema/manual docs/schema/schemas.py $(SCHEMAS)
	@mkdir -p $(@D)
	$(call say,GEN,$@)docs/schema/manual $(VERSION) >$@

# Unit tests: tests/unit/LAYER/test_NAME.c, with what the layer's tests share beside it.
include tests/unit/unit.mk
-include tests/fuzz/fuzz.mk
include tests/capture/capture.mk

DEPS := $(wildcard $(patsubst %.o,%.d,$(call objects,$(SRC_base) $(SRC_host) $(SRC_cfg) $(SRC_tools) $(SRC_xl) \
	libxl-plugin/main.c docs/completion/generate.c $(MAINS) $(UNIT_SRC))))
-include $(DEPS)

# What follows installs what it needs first, so the rest runs in a make of its own.
SUBMAKE = +@$(MAKE) --no-print-directory

deps:
	@.ci/install-deps build lab

demo: deps
	$(SUBMAKE) all
	@tests/lab/demo

check: deps
	$(SUBMAKE) all $(if $(CI),lint)
	@tests/check

# A target that is missed in one part does not keep the others from being measured.
bench: deps
	$(SUBMAKE) all
	+@missed=0; for part in bench-cfg bench-list bench-lab; do \
		$(MAKE) --no-print-directory $$part || missed=1; \
	done; exit $$missed

# Hours of the scenarios that can go on: ROUNDS, SEED.
soak: deps all
	@ROUNDS=$(or $(ROUNDS),200) SEED=$(or $(SEED),1) tests/lab/run soak pvhotplug

bench-lab: all
	@tests/lab/bench

# Both compilers without a warning, and what reads C, shell and manual pages.
lint:
	@.ci/install-deps build lint
	$(SUBMAKE) all unit-tests CC=clang WERROR=1 BUILD=build/clang
	$(SUBMAKE) all unit-tests CC=gcc WERROR=1 BUILD=build/gcc
	@tests/lint

# Units NAME.service and sysvinit scripts NAME.init, in a folder at the top; they say /usr/sbin.
UNITS := $(wildcard */*.service)
INITS := $(wildcard */*.init)

install: all
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(COMPDIR)
	install -m 0755 $(PROGRAMS) $(DESTDIR)$(SBINDIR)
	install -D -m 0644 -t $(DESTDIR)$(MANDIR)/man8 docs/*.8
	install -D -m 0644 -t $(DESTDIR)$(MANDIR)/man5 docs/*.5
	install -D -m 0644 -t $(DESTDIR)$(LIBDIR) $(LIBRARY)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libxvtd.so
	install -D -m 0644 -t $(DESTDIR)$(INCLUDEDIR) libxl-plugin/library/xvtd.h
	sed 's,@VERSION@,$(VERSION),; s,@LIBDIR@,$(LIBDIR),; s,@INCLUDEDIR@,$(INCLUDEDIR),' \
		libxl-plugin/library/xvtd.pc.in | install -D -m 0644 /dev/stdin $(DESTDIR)$(LIBDIR)/pkgconfig/xvtd.pc
	install -m 0644 $(COMPLETIONS) $(DESTDIR)$(COMPDIR)
	install -D -m 0644 -t $(DESTDIR)$(MANDIR)/man7 $(JSON_PAGE)
	install -D -m 0644 -t $(DESTDIR)$(SCHEMADIR) $(SCHEMAS)
	$(foreach file,$(UNITS),$(call install_service,$(file),0644,$(UNITDIR)/$(notdir $(file))))
	$(foreach file,$(INITS),$(call install_service,$(file),0755,$(INITDIR)/$(basename $(notdir $(file)))))

# install_service FILE MODE TARGET
install_service = sed 's,/usr/sbin/,$(SBINDIR)/,g' $(1) | install -D -m $(2) /dev/stdin $(DESTDIR)$(3);

# Debian packages in $(BUILD)/deb, of a copy of this folder.  The tests are `make check`'s.
packages:
	@rm -rf $(BUILD)/deb && mkdir -p $(BUILD)/deb/xvtd-$(VERSION)
	@tar -c --exclude=./build --exclude=./.git . | tar -x -C $(BUILD)/deb/xvtd-$(VERSION)
	$(call say,DEB,$(BUILD)/deb)cd $(BUILD)/deb/xvtd-$(VERSION) && \
		env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u BUILD -u SAN -u CI DEB_BUILD_OPTIONS=nocheck \
		dpkg-buildpackage -us -uc -d >../log 2>&1 || { tail -n 30 ../log; false; }

# A string that the compiler copies in pieces looks misspelt, and an older release's lintian does not
# know the policy of the newer one.
NO_TAGS := --suppress-tags spelling-error-in-binary,newer-standards-version

deb:
	@.ci/install-deps build deb deb-check
	@dpkg-checkbuilddeps
	$(SUBMAKE) packages
	@lintian --allow-root -I --fail-on error,warning,info $(NO_TAGS) $(BUILD)/deb/*.changes
	@ls -l $(BUILD)/deb/*.deb

clean:
	rm -rf build

.PHONY: all unit-tests install clean check check-unit golden demo soak bench bench-lab lint deps deb packages
.DELETE_ON_ERROR:

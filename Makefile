# make demo: see it work.  make test: run all tests.  make help: all targets.
SHELL := /bin/bash
PYTHON := .venv/bin/python
PACKAGES := .cache/packages/suse/repo
DEMO := .cache/demo

# Debian has no RPM repositories, so the demo builds its packages; openSUSE and Fedora use their own.
ON_DEBIAN := $(shell . /etc/os-release; [ "$$ID" = debian ] && echo yes)
DEMO_REPO := $(if $(ON_DEBIAN),--repo $(PACKAGES))

# openQA's own parsers, unpacked beside the checkout: tests ask them about our JUnit.
OPENQA := $(CURDIR)/.cache/openqa/root
PERL_VERSION := $(shell perl -e 'printf "%vd", $$^V' 2>/dev/null | cut -d. -f1,2)
PERL_DIRECTORIES := $(OPENQA)/usr/share/perl5:$(OPENQA)/usr/lib/$(shell uname -m)-linux-gnu/perl5/$(PERL_VERSION)
ASK_OPENQA := $(if $(ON_DEBIAN),OPENQA_LIBPATH=$(OPENQA)/usr/share/openqa/lib PERL5LIB=$(PERL_DIRECTORIES))

.PHONY: help setup demo packages recipe-packages recipes roots openqa rpm own-packages fresh lcov test vm test-vm unit lint bench clean

help: ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: .venv/ready bpf/shim ## Install what funkqa needs; leaves .venv/bin/funkqa

.venv/ready: pyproject.toml .ci/install
	@.ci/install
	@touch $@

bpf/shim: bpf/shim.c bpf/Makefile .venv/ready
	@$(MAKE) --silent -C bpf

demo: setup ## Measure bzip2 and write its reports to .cache/demo
	@$(if $(ON_DEBIAN),tests/packages/build --flavour suse host-libraries bzip2)
	@mkdir -p $(DEMO)
	.venv/bin/funkqa run recipes/bzip2.yaml $(DEMO_REPO) -o $(DEMO)/bzip2.funkqa \
		--report html=$(DEMO)/bzip2.html --report junit=$(DEMO)/bzip2.xml --report json=$(DEMO)/bzip2.json

packages: setup
	@tests/packages/build --flavour suse host-libraries bzip2 gzip xz labtools labparent openssl qpdf busybox \
		bzip2-next gzip-next bzip2-next2 gzip-next2 openssl-next
	@tests/packages/build --flavour fedora host-libraries bzip2 gzip labtools labparent openssl qpdf busybox
	@tests/packages/build --flavour fedora-alike host-libraries gzip qpdf
	@$(PYTHON) -m tests.variants

# What the recipe library measures beside the above, a line for each half of it.
RECIPE_PACKAGES := host-libraries bzip2 gzip xz zstd tar cpio sed gawk grep diffutils findutils coreutils bash
RECIPE_PACKAGES += sqlite3 libxml2 rsync pam util-linux nginx openssl curl busybox openssh

recipe-packages: setup
	@$(if $(ON_DEBIAN),tests/packages/build --flavour suse $(RECIPE_PACKAGES))

recipes: recipe-packages ## Run every recipe of the library (as root)
	FUNKQA_REQUIRE_KERNEL=1 FUNKQA_REQUIRE_RECIPES=1 $(PYTHON) -m pytest -q \
		tests/e2e/test_recipe_library.py tests/e2e/test_truth_recipes.py

roots: setup
	@$(if $(ON_DEBIAN),tests/roots/make forky && tests/roots/make openqa)

# On Debian in another root: with the newest of everything, and as nobody, so that %check runs without root.
OTHER_ROOT := $(if $(ON_DEBIAN),--root .cache/roots/forky)
rpm: own-packages ## Build funkqa's own RPM packages into .cache/rpm, list their files, run rpmlint
	@rpm/show $(OTHER_ROOT)

own-packages: roots
	@rpm/build $(OTHER_ROOT)

fresh: setup ## Clone this checkout into a new Debian 12 and run make demo and make test there (long)
	@tests/roots/fresh demo test

openqa: setup
	@$(if $(ON_DEBIAN),tests/openqa/fetch)

lcov: setup
	@$(if $(ON_DEBIAN),tests/lcov/fetch)

test: packages roots openqa lcov own-packages ## Run all tests (as root, on a kernel with uprobe_multi)
	FUNKQA_REQUIRE_KERNEL=1 $(ASK_OPENQA) $(PYTHON) -m pytest -q -m 'not recipes'

vm: setup
	@$(if $(ON_DEBIAN),tests/vm/make)

# The recipe of bzip2 is measured on the host too: both must cover the same functions.
PYTEST_VM := python3 -m pytest -v -p no:cacheprovider --durations=8
test-vm: vm demo ## Run the tests that need systemd, in an emulated machine (as root)
	tests/vm/run $(PYTEST_VM) tests/vm --ignore tests/vm/selinux --ignore tests/vm/reboot
	tests/vm/run --reboot $(PYTEST_VM) tests/vm/reboot
	tests/vm/run --append 'security=selinux enforcing=1' $(PYTEST_VM) tests/vm/selinux

unit: setup ## Run the tests that need neither root nor the kernel nor packages
	$(PYTHON) -m pytest -q -m 'not kernel and not packages'

lint: setup ## ruff and mypy --strict
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy

bench: packages openqa ## Print the benchmarks' ratios
	$(PYTHON) -m tests.bench
	$(PYTHON) -m tests.bench.shim
	$(PYTHON) -m tests.bench.compare
	rm -rf .cache/release && mkdir -p .cache/release
	.venv/bin/funkqa run recipes/{bzip2,gzip,xz}.yaml $(DEMO_REPO) --results .cache/release --quiet
	$(ASK_OPENQA) $(PYTHON) -m tests.bench.release .cache/release/*.funkqa

clean: ## Remove the environment, built packages and caches of this checkout
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis

"""All checks, in the order in which they are told."""

from pathlib import Path

from funkqa.doctor import (
    architecture,
    cgroups,
    kernelfeatures,
    libraries,
    namespaces,
    repositories,
    rights,
    storage,
    tools,
    trials,
)
from funkqa.doctor.finding import Finding
from funkqa.system import host


def examine(given: trials.Trials, cache: Path, *, sandbox: bool = True) -> tuple[Finding, ...]:
    """Every check. ``sandbox``: throw-away roots are required. Takes about a second, most of it to compile.

    On an unknown architecture nothing else can be tried.
    """
    machine = architecture.architecture()
    if not machine.is_supported:
        return (machine,)
    return (
        machine,
        rights.root(),
        rights.capabilities(),
        kernelfeatures.uprobe_multi(),
        kernelfeatures.mmapable_array(),
        kernelfeatures.lockdown(),
        kernelfeatures.btf_offsets(),
        libraries.python(),
        libraries.module(libraries.BCC),
        trials.bpf_program(given.bpf_program),
        cgroups.hierarchy(),
        cgroups.kill(),
        namespaces.namespaces(required=sandbox),
        trials.throw_away_root(given.throw_away_root, required=sandbox),
        libraries.debug_information(),
        libraries.module(libraries.CAPSTONE),
        libraries.module(libraries.RPM),
        trials.rpm_database(given.rpm_database),
        *(tools.tool(tool, with_version=True) for tool in tools.TOOLS),
        tools.env_chdir(),
        tools.package_manager(with_version=True),
        repositories.debug_repositories(),
        storage.memory(),
        storage.temporary_files(),
        storage.executable_files(),
        storage.cache_writable(cache),
        storage.cache_room(cache),
    )


def examine_quickly() -> tuple[Finding, ...]:
    """What takes no time: a run refuses by it before it changes anything. Without root the rest can't be tried."""
    machine = architecture.architecture()
    if not machine.is_supported:
        return (machine,)
    if not host.is_root():
        return (rights.root(),)
    return (
        machine,
        rights.root(),
        kernelfeatures.uprobe_multi(),
        cgroups.hierarchy(),
        *(libraries.module(library) for library in (libraries.BCC, libraries.CAPSTONE, libraries.RPM)),
        libraries.debug_information(),
        *(tools.tool(tool, with_version=False) for tool in tools.TOOLS),
    )

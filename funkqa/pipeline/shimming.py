"""Shims for the programs of a run: planned, put in place where the steps run, and taken away."""

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from funkqa.elf.image import read_facts, read_function_symbols
from funkqa.model.errors import FunkqaError, HostUnfit
from funkqa.model.place import Place
from funkqa.model.plan import ImageRole
from funkqa.model.units import FileOffset
from funkqa.pipeline.ownership import OwnedElf
from funkqa.shim import mounts, unfit
from funkqa.shim.image import image
from funkqa.shim.mounts import REMEDY
from funkqa.shim.plan import MOUNTED_OVER, Program, ShimPlan, plan_shims
from funkqa.system import host, mount, roots
from funkqa.system.within import within
from funkqa.trace.watch import Entry

BASE = "/run/funkqa/shims-"
"""How the name of the folder begins that holds the shims of a run."""

PROBED = "funkqa_exec"
ARCHITECTURES = ("x86_64", "aarch64")
"""Those that ``bpf/Makefile`` makes shims for."""

AGAIN, OR = "install funkqa again", f"or {REMEDY}"
NONE = ShimPlan("", {}, (), {})


@dataclass(frozen=True, slots=True)
class Shimming:
    """The shims of a run; ``fact`` is what a result says of them."""

    plan: ShimPlan
    template: bytes
    probed: FileOffset
    fact: str


def planned(place: Place, elves: Sequence[OwnedElf], wanted: bool) -> Shimming:
    """Shims in front of the programs among these files, as far as they are wanted and can be made."""
    if not wanted:
        return Shimming(NONE, b"", FileOffset(0), "none")
    if host.machine() not in ARCHITECTURES:
        return Shimming(NONE, b"", FileOffset(0), f"none are made for {host.machine()}")
    template, probed = _template(host.bpf_directory() / "shim")
    mounted = mount.mounts(_process(place).name)
    points = tuple(each.point for each in mounted)
    programs = tuple(_programs(place, elves))
    bound = {
        program.path: reason
        for program in programs
        if (reason := unfit.bound_to_its_path(place.root, program.path, elves[program.image].held, points))
    }
    plan = plan_shims(
        f"{BASE}{os.getpid()}-{secrets.token_hex(4)}",
        programs,
        points,
        {**dict(unfit.mount_points(place.root, mounted)), **bound, **_spared(place)},
    )
    without = "".join(f"; {path} has none: {reason}" for path, reason in plan.without.items())
    return Shimming(plan, template, probed, f"{len(plan.shims)}{without}")


def _template(path: Path) -> tuple[bytes, FileOffset]:
    """The shim as it was built, and where to probe it. Raises HostUnfit."""
    try:
        with path.open("rb") as stream:
            facts = read_facts(stream, str(path))
            offsets = [
                facts.offset(symbol.vaddr)
                for symbol in read_function_symbols(stream, str(path))
                if symbol.name == PROBED
            ]
            content = path.read_bytes()
            image(content, "", "")
    except FileNotFoundError as error:
        raise HostUnfit("the shim isn't built", where=str(path), hint=f"make -C {path.parent}, {OR}") from error
    except (OSError, FunkqaError) as error:
        raise HostUnfit(f"the shim is damaged: {error}", where=str(path), hint=f"{AGAIN}, {OR}") from error
    if len(offsets) != 1 or offsets[0] is None:
        raise HostUnfit(f"the shim is damaged: it has no {PROBED}", where=str(path), hint=f"{AGAIN}, {OR}")
    return content, offsets[0]


def refuse_double(shimming: Shimming) -> None:
    """Raises HostUnfit for a program over which something is mounted: another session's shim, say."""
    for path, reason in shimming.plan.without.items():
        if reason == MOUNTED_OVER:
            raise HostUnfit(
                f"it can't have a shim: {reason}",
                where=path,
                hint="stop the other session (funkqa status), or measure without shims",
            )


@contextmanager
def in_place(place: Place, shimming: Shimming, *, whole_system: bool = False) -> Iterator[tuple[Entry, ...]]:
    """Mount the shims where the place's programs are started; what to probe in them.

    The running system's own mounts stay as they are, unless ``whole_system``: from then on this process, and what
    it starts, sees mounts of its own, to which later mounts of the system still come.
    """
    plan = shimming.plan
    if not plan.shims:
        yield ()
        return
    process = _process(place)
    if not place.enter and not whole_system:
        mount.unshare(mount.CLONE_NEWNS)
        mount.mount("none", "/", flags=mount.MS_REC | mount.MS_SLAVE)
    try:
        within(process, lambda: mounts.apply(plan, shimming.template))
        yield tuple(Entry(str(place.path(shim.file)), shimming.probed, shim.image) for shim in plan.shims)
    finally:
        with suppress(FileNotFoundError):  # a throw-away root that has died took its mounts along
            found = mount.mounts(process.name)  # inside, /proc is of other processes
            within(process, lambda: mounts.remove(plan.base, found))


def _programs(place: Place, elves: Sequence[OwnedElf]) -> Iterator[Program]:
    for number, elf in enumerate(elves):
        if elf.facts.role is ImageRole.PROGRAM:
            for path in (elf.path, *elf.links):
                with suppress(OSError):
                    yield Program(number, roots.real_folder(place.root, path), elf.held.inode)


def _spared(place: Place) -> dict[str, str]:
    """The first process of the running system may execute itself anew, and must not depend on a shim."""
    if place.enter:
        return {}
    with suppress(OSError):
        return {os.readlink("/proc/1/exe"): "it is the system's first process"}
    return {}


def _process(place: Place) -> Path:
    """Below /proc: a process that sees the place's mounts."""
    return place.root.parent if place.enter else Path("/proc/self")

"""Shims that are mounted for the whole system, but whose session has died."""

from collections.abc import Callable, Iterator

from funkqa.pipeline.shimming import BASE
from funkqa.shim.mounts import SOURCE
from funkqa.system import mount, sessions
from funkqa.system.mount import Mount

REMEDY = "funkqa restore"


def programs() -> tuple[str, ...]:
    """All that they stand in front of."""
    return _programs(lambda _: True)


def programs_of(process: str) -> tuple[str, ...]:
    """Those in front of which the session put them that had this PID; none of a session whose PID isn't known."""
    return _programs(lambda base: _pid(base) == process)


def _programs(wanted: Callable[[Mount], bool]) -> tuple[str, ...]:
    living = {sessions.pid(name) for name in sessions.names() if sessions.lives(name)}
    found = mount.mounts()
    devices = {each.device for each in found if _is_base(each) and _pid(each) not in living and wanted(each)}
    return tuple(sorted(set(_over(found, devices))))


def _is_base(each: Mount) -> bool:
    return each.source == SOURCE and each.filesystem == "tmpfs" and each.point.startswith(BASE)


def _pid(base: Mount) -> str:
    """Of the session that made it, whose folder has the same."""
    return base.point.removeprefix(BASE).partition("-")[0]


def _over(found: tuple[Mount, ...], devices: set[str]) -> Iterator[str]:
    return (each.point for each in found if each.device in devices and not each.point.startswith(BASE))


def told(programs: tuple[str, ...]) -> str:
    """``shims of a session that died are mounted still in front of /usr/bin/xz and 2 more``."""
    more = f" and {len(programs) - 1} more" if len(programs) > 1 else ""
    return f"shims of a session that died are mounted still in front of {programs[0]}{more}"

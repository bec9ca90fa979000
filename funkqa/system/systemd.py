"""Units of systemd whose processes are to be found by their cgroup, whenever they are started.

A service's cgroup is made anew each time it starts, so its id can't be known beforehand. A slice's can: for the
run, a drop-in below /run puts the units into a slice of funkqa's own (systemd.resource-control(5), ``Slice=``).
A unit that already runs stays where it is; its present cgroup is in scope as well.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from funkqa.model.errors import HostUnfit, RecipeError
from funkqa.system import cgroup, process

DROP_INS = Path("/run/systemd/system")
DROP_IN = "90-funkqa.conf"
AFTERWARDS = "# afterwards: "
"""What happens to a unit that the run started: written first, so that ``restore`` knows it too."""


@contextmanager
def in_scope(units: Sequence[str]) -> Iterator[tuple[Path, ...]]:
    """The cgroups of these services, now and after a restart. On leaving, every unit is as it was.

    Raises HostUnfit without systemd, RecipeError for a unit that doesn't exist.
    """
    if not units:
        yield ()
        return
    top = cgroup.hierarchy()
    if top is None or not DROP_INS.parent.is_dir():  # sd_booted(3)
        raise HostUnfit("systemd isn't the init system here", hint="start the program from a step instead")
    names = tuple(unit if "." in unit else f"{unit}.service" for unit in units)
    for name in names:
        if _property(name, "LoadState") != "loaded":
            raise RecipeError(f"there is no unit {name}", where="services", hint="systemctl list-unit-files")
    running = [name for name in names if _property(name, "ActiveState") == "active"]
    slice_ = f"funkqa{os.getpid()}.slice"  # a dash would nest it below another
    drop_ins = [DROP_INS / f"{name}.d" / DROP_IN for name in names]
    try:
        for name, drop_in in zip(names, drop_ins, strict=True):
            drop_in.parent.mkdir(parents=True, exist_ok=True)
            verb = "restart" if name in running else "stop"
            drop_in.write_text(f"{AFTERWARDS}{verb}\n[Service]\nSlice={slice_}\n")
        _systemctl("daemon-reload")
        _systemctl("start", slice_)
        groups = (slice_, *running)
        yield tuple(top / _property(name, "ControlGroup").lstrip("/") for name in groups)
    finally:
        undo(drop_ins)


def undo(drop_ins: Sequence[Path] | None = None) -> list[Path]:
    """Take these drop-ins away, or all that killed runs left, and put their units back; returns what there was."""
    found = [path for path in drop_ins or DROP_INS.glob(f"*.d/{DROP_IN}") if path.exists()]
    moved: dict[str, str] = {}
    slices = set()
    for path in found:
        name, lines = path.parent.name.removesuffix(".d"), path.read_text().splitlines()
        slice_ = lines[-1].removeprefix("Slice=")
        slices.add(slice_)
        if f"/{slice_}/" in _property(name, "ControlGroup"):
            moved[name] = lines[0].removeprefix(AFTERWARDS)
        path.unlink()
        with contextlib.suppress(OSError):  # others have drop-ins there too
            path.parent.rmdir()
    if found:
        _systemctl("daemon-reload")
    for name, verb in moved.items():
        _systemctl(verb, name)
    for slice_ in slices:
        _systemctl("stop", slice_)
    return found


def _property(unit: str, name: str) -> str:
    return process.run(["systemctl", "show", "--value", "--property", name, "--", unit]).stdout.strip()


def _systemctl(*arguments: str) -> None:
    process.run(["systemctl", *arguments])

"""A throw-away root: overlays over the host's file systems, with namespaces of its own.

Packages are installed "into /" in it and nothing of it outlives the run: every write goes to an upper
layer that belongs to the mount namespace, and the namespaces die with their init process.
"""

import json
import os
import select
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from funkqa.model.errors import HostUnfit, LeftChanged
from funkqa.model.place import Place
from funkqa.system import process

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 30.0


@contextmanager
def opened(
    *, lower: Path = Path("/"), upper: Path | None = None, binds: Mapping[str, Path] | None = None
) -> Iterator[Place]:
    """A root whose lower layers are the file systems at ``lower``.

    Writes go to memory, or to a temporary directory below ``upper``. ``binds`` shows host directories inside,
    read-only: path inside to path outside. Raises HostUnfit if the kernel or the rights don't allow it.
    """
    with ExitStack() as undo:
        store = ""
        if upper is not None:
            store = undo.enter_context(tempfile.TemporaryDirectory(prefix="funkqa-", dir=upper))
        request = {
            "lower": str(lower),
            "upper": store,
            "binds": {inside: str(path.resolve()) for inside, path in (binds or {}).items()},
        }
        init = process.start([sys.executable, "-I", "-m", "funkqa.runner.sandbox_init"])
        undo.callback(_stop, init)
        pid = _start(init, request)
        enter = ("nsenter", f"--target={pid}", "--mount", "--pid", "--ipc", "--uts")
        yield Place(root=Path(f"/proc/{pid}/root"), enter=(*enter, "--net"), enter_with_network=enter)


def _start(init: process.Child, request: Mapping[str, object]) -> int:
    """Hand over the request and wait for ``ready``; the pid is that of the root's first process."""
    assert init.stdin is not None
    assert init.stdout is not None
    init.stdin.write(json.dumps(request).encode() + b"\n")
    init.stdin.flush()
    said = b""
    while not said.endswith(b"ready\n"):
        if not select.select([init.stdout], [], [], START_TIMEOUT_S)[0]:
            raise HostUnfit(f"the throw-away root was not ready within {START_TIMEOUT_S:g} s")
        chunk = os.read(init.stdout.fileno(), 4096)
        said += chunk
        if not chunk or b"error " in said:
            reason = said.partition(b"error ")[2].decode(errors="replace").strip() or "its first process died"
            raise HostUnfit(
                f"can't make a throw-away root: {reason}",
                hint="run as root outside of a container, or measure the running system: --no-sandbox",
            )
    return int(said.split()[1])


def _stop(init: process.Child) -> None:
    """End-of-file ends the init process, and with it every process of the root."""
    assert init.stdin is not None
    assert init.stdout is not None
    init.stdin.close()
    try:
        if not process.ends_within(init, STOP_TIMEOUT_S):
            raise LeftChanged(
                f"the throw-away root's first process ({init.pid}) doesn't end",
                hint=f"kill -KILL {init.pid}",
            )
    finally:
        init.stdout.close()

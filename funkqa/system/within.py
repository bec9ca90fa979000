"""Something done in the mount namespace of another process."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from funkqa.model.errors import FunkqaError, HostUnfit
from funkqa.system import mount
from funkqa.system.process import describe_returncode


def within(process: Path, action: Callable[[], None]) -> None:
    """Call ``action`` where the process (``/proc/PID``) sees its mounts; here if that is /proc/self.

    It runs in a child of this process: only what it mounts stays. Raises HostUnfit for whatever it raised there,
    and FileNotFoundError if the process is gone.
    """
    if process == Path("/proc/self"):
        action()
        return
    namespace = os.open(process / "ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    try:
        told, returncode = _of_child(namespace, action)
    finally:
        os.close(namespace)
    if told:
        message, where, hint = json.loads(told)
        raise HostUnfit(message, where=where, hint=hint)
    if returncode:
        raise HostUnfit(f"what mounts for funkqa ended with {describe_returncode(returncode)}", where=str(process))


def _of_child(namespace: int, action: Callable[[], None]) -> tuple[bytes, int]:
    """What it complains of, and how it ended."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        returncode = 1
        try:
            mount.enter(f"/proc/self/fd/{namespace}")
            action()
            returncode = 0
        except FunkqaError as error:
            os.write(writer, _told(error.message, error.where, error.hint))
        except BaseException as error:
            os.write(writer, _told(repr(error), "", ""))
        finally:
            os._exit(returncode)
    os.close(writer)
    with os.fdopen(reader, "rb") as complaint:
        told = complaint.read()
    _, status = os.waitpid(child, 0)
    return told, os.waitstatus_to_exitcode(status)


def _told(message: str, where: str, hint: str) -> bytes:
    return json.dumps([message, where, hint]).encode()

"""Open files passed from one process to another, as unix(7) has it (SCM_RIGHTS)."""

import os
import socket
from collections.abc import Sequence

from funkqa.system import process

MOST = 64


def made_by(argv: Sequence[str], *, hint: str = "") -> list[int]:
    """Run ``argv`` with the number of a socket as one more argument; the descriptors that it ``sent`` there.

    Raises ToolMissing or CommandFailed as ``process.run`` does. The caller closes the descriptors.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process.run([*argv, str(theirs.fileno())], pass_fds=[theirs.fileno()], hint=hint)
        theirs.close()
        _, descriptors, _, _ = socket.recv_fds(ours, 1, MOST)
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    return descriptors


def send(through: int, descriptors: Sequence[int]) -> None:
    """Hand ``descriptors`` to whoever holds the other end of the socket ``through``, which is closed."""
    with socket.socket(fileno=through) as theirs:
        socket.send_fds(theirs, [b"\0"], descriptors)

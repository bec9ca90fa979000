"""Programs with a terminal of their own."""

import os
import pty
import re
import subprocess
from collections.abc import Mapping, Sequence
from typing import Literal


def on_terminal(
    command: Sequence[str], stream: Literal["stdout", "stderr"], environment: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """The exit code, and what the program writes to the stream, which is a terminal of 100 columns."""
    variables = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    variables |= {"TERM": "xterm", "COLUMNS": "100", "LINES": "24", **(environment or {})}
    master, slave = pty.openpty()
    null = subprocess.DEVNULL
    stdout, stderr = (slave if stream == name else null for name in ("stdout", "stderr"))
    with subprocess.Popen(command, stdin=null, stdout=stdout, stderr=stderr, env=variables) as process:
        os.close(slave)
        output = b""
        try:
            while chunk := os.read(master, 4096):
                output += chunk
        except OSError:  # nobody has the other end any more
            pass
    os.close(master)
    return process.returncode, output.decode()


def lines(drawn: str) -> list[str]:
    """All that a line showed, one after another, without escape sequences."""
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn)
    return [line.rstrip() for line in re.split(r"[\r\n]+", plain)]

"""What a run tells while it goes on: one line that is redrawn on a terminal, plain lines elsewhere."""

import os
import pty
import re
import signal
import subprocess
from pathlib import Path

import pytest

from funkqa.store.reader import read_result
from tests.e2e.running import RUN_TIMEOUT_S, Funkqa

STEPS = """\
component: labfail
execute:
  - name: first
    script: printf 'seen %s\\n' here; labfail
  - name: terminal
    script: if (exec </dev/tty) 2>/dev/null; then exit 9; fi; test -z "$(cat)"
"""
WAITS = "component: labfail\nexecute: sleep 1111\n"
HIDE, SHOW = b"\x1b[?25l", b"\x1b[?25h"


class OnTerminal:
    """funkqa with a terminal of its own for standard input and standard error."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.output = b""
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            ["setsid", "--ctty", "--wait", *command],
            stdin=slave,
            stdout=subprocess.PIPE,
            stderr=slave,
            env={**environment, "TERM": "xterm", "COLUMNS": "80"},
        )
        os.close(slave)

    def read_until(self, text: bytes) -> None:
        while text not in self.output and (chunk := self._read()):
            self.output += chunk
        assert text in self.output, self.output

    def end(self) -> tuple[int, bytes]:
        while chunk := self._read():
            self.output += chunk
        self.process.communicate(timeout=RUN_TIMEOUT_S)
        os.close(self._master)
        return self.process.returncode, self.output

    def interrupt(self) -> None:
        os.write(self._master, b"\x03")

    def _read(self) -> bytes:
        try:
            return os.read(self._master, 4096)
        except OSError:  # nobody has the other end any more
            return b""


def test_a_terminal_shows_one_line_that_is_gone_afterwards(funkqa: Funkqa) -> None:
    recipe = funkqa.recipe("told", STEPS)
    code, output = OnTerminal(funkqa.command(recipe), funkqa.environment).end()
    assert code == 0, output
    assert b"told: step 1/2: execute: first" in output
    assert b"told: step 2/2: execute: terminal" in output
    assert re.search(rb"0:00:0\d", output)
    assert output.count(HIDE) == output.count(SHOW) == 1
    drawn, _, after = output.partition(SHOW)
    assert b"told: step" not in after
    assert drawn.rstrip(b"\r\n").endswith(b"\x1b[2K") or b"\x1b[2K" in after
    assert b"seen here" not in output
    assert [step.outcome.value for step in read_result(Path(funkqa.result(recipe))).steps] == ["passed"] * 2


def test_control_c_on_a_terminal_gives_the_cursor_back(funkqa: Funkqa) -> None:
    running = OnTerminal(funkqa.command(funkqa.recipe("interrupted", WAITS)), funkqa.environment)
    running.read_until(b"step 1/1")
    running.interrupt()
    code, output = running.end()
    assert code == 128 + signal.SIGINT, output
    assert output.count(HIDE) == output.count(SHOW) == 1
    assert output.rstrip().endswith(b"funkqa: interrupted; everything is undone")


def test_verbose_on_a_terminal_shows_the_output_of_steps_and_redraws_nothing(funkqa: Funkqa) -> None:
    command = [*funkqa.command(funkqa.recipe("verbose", STEPS)), "-v"]
    code, output = OnTerminal(command, funkqa.environment).end()
    assert code == 0, output
    assert b"verbose: step 1/2: execute: first\r\nseen here\r\n" in output
    assert b"\x1b" not in output


@pytest.mark.parametrize("option", ["-v", "-q", None])
def test_elsewhere_there_are_plain_lines_only(funkqa: Funkqa, option: str | None) -> None:
    done = funkqa.run(funkqa.recipe("plain", STEPS), *([option] if option else []))
    assert done.returncode == 0
    assert re.search(r"[^\n\x20-\x7e]", done.stderr) is None
    assert ("plain: step 2/2: execute: terminal\n" in done.stderr) == (option != "-q")
    assert ("seen here\n" in done.stderr) == (option == "-v")

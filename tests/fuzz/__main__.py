"""Fuzz the readers of ELF files for some minutes, at the lowest priority; findings go to ``.cache/fuzz``.

An input that makes the readers take a step which none before it made them take joins the inputs to change
further. A finding is any exception but ElfError, seconds of CPU time, or a hundred megabytes for one input.
libdw runs in a child: its crash is an ElfError to funkqa, and no finding; too much CPU time is one there as well.
"""

import argparse
import os
import random
import resource
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha1
from pathlib import Path

from funkqa.system import apart
from tests.fuzz.arcs import FOLDER, Arcs
from tests.fuzz.mutation import changed
from tests.fuzz.reading import read_everything
from tests.fuzz.seeds import seeds

FINDINGS = Path(__file__).parents[2] / ".cache/fuzz"
MOST_S = 5.0
MOST_KB = 100_000
REPORT_S = 60


class TooLong(BaseException):
    """Not an Exception, so that no reader takes it for a damaged file."""


@contextmanager
def bounded() -> Iterator[None]:
    """Raises TooLong after MOST_S seconds of CPU time."""

    def late(number: int, frame: object) -> None:
        raise TooLong(f"more than {MOST_S:g} s of CPU time")

    old = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, old)


class Fuzzer:
    def __init__(self, seed: int, findings: Path = FINDINGS) -> None:
        self.dice, self.arcs, self.findings = random.Random(seed), Arcs(), findings
        self.inputs: list[bytes] = []
        self.found: dict[str, Path] = {}
        self.read = 0

    def try_one(self, content: bytes) -> None:
        """Read it; keep it if it took the readers further, and write it down if it is a finding."""
        self.read += 1
        memory = _memory()
        try:
            with bounded(), self.arcs.watched():
                read_everything(content)
        except (Exception, TooLong) as error:
            self._write(_place(error), content, error)
        if _memory() - memory > MOST_KB:
            self._write(f"{(_memory() - memory) // 1000} MB for one input", content, None)
        if self.arcs.fresh:
            self.inputs.append(content)

    def next_one(self) -> bytes:
        # The newest took the readers where few others did.
        recent = self.inputs[-16:] if self.dice.randrange(2) else self.inputs
        return changed(self.dice.choice(recent), self.dice.choice(self.inputs), self.dice)

    def _write(self, what: str, content: bytes, error: BaseException | None) -> None:
        if what in self.found:
            return
        self.findings.mkdir(parents=True, exist_ok=True)
        path = self.findings / f"{sha1(content).hexdigest()[:12]}.elf"
        path.write_bytes(content)
        self.found[what] = path
        print(f"finding: {what}: {path}", flush=True)
        if error is not None:
            traceback.print_exception(error, limit=-4)


def _place(error: BaseException) -> str:
    """The error's type, and where in the readers it was raised."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(FOLDER)]
    last = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "outside the readers"
    return f"{type(error).__name__} at {last}"


def _memory() -> int:
    """The most that this process ever had, in kB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="of CPU time (default: %(default)g)")
    parser.add_argument("--seed", type=int, default=1, help="of the dice; the same one makes the same inputs")
    parser.add_argument("files", nargs="*", type=Path, help="read these, and no others: earlier findings")
    chosen = parser.parse_args(arguments)
    apart.MOST_CPU_S = round(MOST_S)
    fuzzer = Fuzzer(chosen.seed)
    if chosen.files:
        for path in chosen.files:
            fuzzer.try_one(path.read_bytes())
        return 1 if fuzzer.found else 0
    os.nice(19)
    for content in seeds():
        fuzzer.try_one(content)
    end, told = chosen.seconds, float(REPORT_S)
    while (now := time.process_time()) < end:
        if now > told:
            print(_progress(fuzzer, now), flush=True)
            told += REPORT_S
        fuzzer.try_one(fuzzer.next_one())
    print(_progress(fuzzer, time.process_time()))
    return 1 if fuzzer.found else 0


def _progress(fuzzer: Fuzzer, seconds: float) -> str:
    counts = f"{fuzzer.read:,} inputs, {len(fuzzer.inputs):,} kept, {len(fuzzer.arcs.seen):,} steps of the readers"
    return f"{seconds:.0f} s: {counts}, {len(fuzzer.found)} findings, {_memory() // 1000} MB"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A recipe: which package to measure, and the commands that exercise it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from pathlib import Path


class Phase(Enum):
    """Where a step stands. Only hits of EXECUTE count; the others' are shown as incidental."""

    PREPARE = "prepare"
    EXECUTE = "execute"
    FINISH = "finish"


class Respect(Enum):
    """What a step's outcome means for the verdict (the words are tmt's)."""

    RESPECT = "respect"
    XFAIL = "xfail"
    INFO = "info"


class Network(Enum):
    """What the steps of a throw-away root see of the network."""

    PRIVATE = "private"
    HOST = "host"


@dataclass(frozen=True, slots=True)
class Step:
    """One script, run by bash with errexit and pipefail.

    ``exit`` is the expected exit status (0-255), ``duration_s`` the time limit in seconds, ``stdin`` the
    text that the script reads, ``environment`` additions to the recipe's environment.
    """

    name: str
    script: str
    phase: Phase = Phase.EXECUTE
    exit: int = 0
    result: Respect = Respect.RESPECT
    duration_s: float = 300.0
    user: str = "root"
    stdin: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measure:
    """What the run is measured against.

    ``include`` and ``exclude`` are regular expressions on demangled names, behind ``file:`` on source files and
    behind ``image:`` on paths and sonames of ELF files; ``expect`` are function names
    that must run, ``minimum`` the least ratio that passes (None: no limit), ``tolerance`` the loss that a
    comparison forgives, ``skipped`` the largest part of the plan that may be skipped; all in 0..1.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    expect: tuple[str, ...] = ()
    minimum: Fraction | None = None
    tolerance: Fraction = Fraction(1, 100)
    skipped: Fraction = Fraction(1, 100)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe as written, checked and with defaults filled in.

    ``name`` is the file's stem, ``component`` the packages to install and measure, ``also`` names or globs
    of further packages to measure (``also_source``: every installed package of the same source RPM),
    ``require`` packages to install without measuring them.
    """

    name: str
    path: Path
    text: str
    summary: str
    component: tuple[str, ...]
    also: tuple[str, ...]
    also_source: bool
    require: tuple[str, ...]
    environment: Mapping[str, str]
    services: tuple[str, ...]
    network: Network
    steps: tuple[Step, ...]
    measure: Measure
    description: str = ""
    enabled: bool = True

    def phase(self, phase: Phase) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.phase is phase)

"""Trials: checks that use other parts of funkqa, which are handed in."""

from collections.abc import Callable
from typing import NamedTuple

from funkqa.doctor.finding import Finding, Status
from funkqa.model.errors import FunkqaError
from funkqa.system import host

Trial = Callable[[], str]
"""Does a thing for real and returns what it saw. Raises FunkqaError or OSError where it doesn't work."""


class Trials(NamedTuple):
    """What ``doctor`` can't do by itself, since parts of funkqa don't import each other."""

    bpf_program: Trial
    throw_away_root: Trial
    rpm_database: Trial


def bpf_program(trial: Trial) -> Finding:
    return _tried(
        trial,
        "BPF program",
        lost="counting hits",
        remedy="as root, on a kernel with BPF: install bcc and the LLVM it was built with",
        required=True,
    )


def throw_away_root(trial: Trial, *, required: bool) -> Finding:
    return _tried(
        trial,
        "throw-away root",
        lost="runs that leave the system as it was",
        remedy="run as root outside of a container with overlayfs, or use --no-sandbox",
        required=required,
    )


def rpm_database(trial: Trial) -> Finding:
    return _tried(
        trial,
        "RPM database",
        lost="what packages own, and so what is measured",
        remedy="look at it: rpm --query --all; mend it: rpm --rebuilddb",
        required=True,
        needs_root=False,
    )


def _tried(trial: Trial, name: str, *, lost: str, remedy: str, required: bool, needs_root: bool = True) -> Finding:
    if needs_root and not host.is_root():
        return Finding(name, Status.INCONCLUSIVE, "can't be tried without root", lost, "run as root", required)
    try:
        status, fact = Status.SUPPORTED, trial()
    except FunkqaError as error:
        status, fact, remedy = Status.UNSUPPORTED, error.message, error.hint or remedy
    except OSError as error:
        status, fact = Status.UNSUPPORTED, str(error)
    return Finding(name, status, " ".join(fact.split()), lost, " ".join(remedy.split()), required)

"""A schedule: which recipes run in which job of openQA."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Product(NamedTuple):
    """A medium, in openQA's words; the version ``*`` stands for any."""

    distri: str
    version: str
    flavor: str
    arch: str


class Machine(NamedTuple):
    """What openQA runs a job on: ``64bit`` and ``qemu``."""

    name: str
    backend: str


class Job(NamedTuple):
    """A shard: the recipes that one job runs, and how long that will take, in seconds."""

    recipes: tuple[str, ...]
    expected_s: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """``settings`` are variables that all jobs have, the test's schedule and the disk among them."""

    product: Product
    machine: Machine
    settings: Mapping[str, str]
    jobs: tuple[Job, ...]

"""A test case as JUnit knows it, and how many of them become few."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import chain, count

_LONGEST_TEXT = 16 * 1024
_LONGEST_NAME = 160


class Status(Enum):
    """A case's result, in the words of openQA's ``status`` attribute. A broken tool is a failure, too."""

    SUCCESS = "success"
    FAILURE = "failure"
    SKIPPED = "skipped"
    SOFTFAIL = "softfail"
    """There is something to be told that is forgiven. Only openQA has a word for it."""


@dataclass(frozen=True, slots=True)
class Case:
    """One test case; the first line of its text is the number that matters."""

    name: str
    status: Status
    text: str
    time_s: float = 0.0


def folded(groups: Sequence[Sequence[Case]], most: int) -> list[list[Case]]:
    """The groups with at most ``most`` cases in all, the largest cut first.

    What a group loses stands in its last case, which fails if one of them failed. Failures stay longest.
    """
    limit = max(map(len, groups), default=0)
    while limit > 1 and sum(min(len(group), limit) for group in groups) > most:
        limit -= 1
    return [_fold(group, limit) for group in groups]


def _fold(group: Sequence[Case], limit: int) -> list[Case]:
    if len(group) <= limit:
        return list(group)
    ranked = sorted(range(len(group)), key=lambda index: group[index].status is not Status.FAILURE)
    kept = sorted(ranked[: limit - 1])
    rest = [group[index] for index in ranked[limit - 1 :]]
    return [*(group[index] for index in kept), _merged(rest)]


def _merged(cases: Sequence[Case]) -> Case:
    kind = cases[0].name.partition(":")[0]
    failed = sum(case.status is Status.FAILURE for case in cases)
    order = (Status.FAILURE, Status.SOFTFAIL, Status.SUCCESS, Status.SKIPPED)
    status = min((case.status for case in cases), key=order.index)
    lines = [f"{len(cases) - failed}/{len(cases)} others without a failure"]
    lines += [f"{case.status.value}: {case.name}: {case.text.partition(chr(10))[0]}" for case in cases]
    return Case(f"{kind}: others", status, "\n".join(lines), sum(case.time_s for case in cases))


def cut(text: str) -> str:
    """The text, or its beginning and end if it is longer than a case may be (in bytes of UTF-8)."""
    encoded = text.encode()
    if len(encoded) <= _LONGEST_TEXT:
        return text
    part = _LONGEST_TEXT // 2 - 40
    gap = f"\n[... {len(encoded) - 2 * part} bytes are left out here ...]\n"
    return encoded[:part].decode(errors="ignore") + gap + encoded[-part:].decode(errors="ignore")


def distinct(names: Sequence[str]) -> list[str]:
    """The names, cut to a readable length, with a number where one comes again."""
    taken: dict[str, None] = {}
    for name in names:
        short = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
        numbered = (f"{short} ({number})" for number in count(2))
        taken[next(each for each in chain([short], numbered) if each not in taken)] = None
    return list(taken)

"""The programs that several runs started, in bounded memory."""

from collections.abc import Iterable, Mapping, Sequence

from funkqa.analysis.merge_steps import StepKey
from funkqa.model.measurement import Execution

MOST = 50_000
"""So many of all are kept, the earliest; of each program in each step the first is kept in any case."""

_Placed = tuple[StepKey | None, Execution]


class Executions:
    """A set of executions, each with the key of its step in place of the step's number."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._placed: set[_Placed] = set()

    def add(self, executions: Iterable[Execution], steps: Sequence[StepKey]) -> None:
        """``steps`` are the keys of the run's steps."""
        self._placed.update(
            (None if each.step is None else steps[each.step], each._replace(step=None)) for each in executions
        )
        if len(self._placed) > 2 * self._most:
            self._placed = set(self._kept())

    def numbered(self, steps: Mapping[StepKey, int]) -> tuple[Execution, ...]:
        """With the numbers of the steps; sorted by step, those between steps last."""
        found = [each._replace(step=None if key is None else steps[key]) for key, each in self._kept()]
        return tuple(sorted(found, key=lambda each: (each.step is None, each.step or 0, each.started, each[1:])))

    def _kept(self) -> Iterable[_Placed]:
        """The smallest of a set are among the smallest of its parts: so forgetting early changes nothing."""
        ordered = sorted(self._placed, key=lambda placed: (placed[1].started, placed[1][1:], placed[0] or ()))
        if len(ordered) <= self._most:
            return ordered
        first: dict[tuple[object, ...], _Placed] = {}
        for key, each in ordered:
            first.setdefault((key, each.path, each.package, each.measured), (key, each))
        return {*ordered[: self._most], *first.values()}

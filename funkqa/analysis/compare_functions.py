"""What became of each function of an image. All sets are bitmaps in the order of the new inventory."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from funkqa.analysis.compare_pairs import FunctionPairs
from funkqa.analysis.compare_sides import ImageStates, Run, file_name, label
from funkqa.analysis.flags import bitmap, flags, moved
from funkqa.model.comparison import Change, FunctionChange
from funkqa.model.plan import Function, Image
from funkqa.model.recipe import Phase


@dataclass(frozen=True, slots=True)
class ImageTogether:
    """An image in a baseline (``run``, its ``number`` there) and in the new run, with their functions paired."""

    run: Run
    number: int
    after: ImageStates
    size: int
    pairs: FunctionPairs

    @property
    def image(self) -> Image:
        return self.run.measurement.images[self.number]

    @property
    def before(self) -> ImageStates:
        return self.run.images[self.number]

    def now(self, bits: int) -> int:
        """A bitmap of the baseline in the order of the new inventory."""
        if self.pairs.places is None:
            return bits
        return moved(bits, len(self.image.functions), self.pairs.places)

    @property
    def there(self) -> int:
        """The functions of the new inventory that the baseline has, whatever they are there."""
        if self.pairs.places is None:
            return (1 << self.size) - 1
        return bitmap(place >= 0 for place in self.pairs.places)

    def place(self, function: int) -> int:
        """The number in the baseline of a function of the new inventory; -1 if it isn't there."""
        return function if self.pairs.places is None else self.pairs.places[function]


def changes(
    image: Image, run: Run, number: int, baselines: Sequence[ImageTogether], newest: ImageTogether | None
) -> Iterator[FunctionChange]:
    """The changed functions of an image of the new run, in order; then those that ``newest`` had and it hasn't.

    ``baselines`` are newest first and have the image; ``newest`` is the newest of all, None if it lacks the image.
    """
    states = run.images[number]
    covered = missing = there = 0
    for baseline in baselines:
        covered |= baseline.now(baseline.before.covered)
        missing |= baseline.now(baseline.before.missing)
        there |= baseline.there
    steady = covered & ~missing
    added = states.counted & ~there
    sets = {
        Change.LOST: steady & states.missing,
        Change.UNSTEADY: covered & missing & states.missing,
        Change.UNPROBED: steady & ~states.measured,
        Change.GAINED: states.covered & there & ~covered,
        Change.ADDED: added,
    }
    if newest and newest.pairs.renamed:
        renamed = sum(1 << number for number in newest.pairs.renamed)
        for changed in sets.values():
            renamed &= ~changed
        sets[Change.RENAMED] = renamed & states.counted
    inlined_before = _inlined(newest.image) if newest else frozenset()
    entered = _Entered(run, number)
    entered_before = [(each, _Entered(each.run, each.number)) for each in baselines]
    for function, change in sorted(_numbered(sets, len(image.functions)), key=itemgetter(0)):
        facts = image.functions[function]
        if change is Change.ADDED and _keys(facts) & inlined_before:
            change = Change.OUTLINED
        of = [(each.before, by, each.place(function)) for each, by in entered_before]
        known = [(was, by, place) for was, by, place in of if place >= 0 and was.measured >> place & 1]
        hit = [(by, place) for was, by, place in known if was.covered >> place & 1]
        is_covered = bool(states.covered >> function & 1)
        steps = entered.by(function) if is_covered or not hit else hit[0][0].by(hit[0][1])
        renamed_from = ""
        if newest and function in newest.pairs.renamed:
            renamed_from = newest.image.functions[newest.place(function)].demangled
        yield _change(change, image, facts, is_covered, len(hit), len(known), steps, renamed_from)
    if newest:
        yield from gone(newest.run, newest.number, newest.pairs.removed, _inlined(image))


def gone(
    run: Run, number: int, removed: Iterable[int], inlined: frozenset[tuple[str, str]] = frozenset()
) -> Iterator[FunctionChange]:
    """Functions of a baseline that aren't there any more; ``inlined`` are those that now exist only so."""
    image, states, entered = run.measurement.images[number], run.images[number], _Entered(run, number)
    for function in removed:
        if states.counted >> function & 1:
            facts = image.functions[function]
            change = Change.INLINED if _keys(facts) & inlined else Change.REMOVED
            covered = states.covered >> function & 1
            known = states.measured >> function & 1
            steps = entered.by(function)
            yield _change(change, image, facts, bool(covered), covered, known, steps, "")


class _Entered:
    """The names of the execute steps that entered a function of one image."""

    def __init__(self, run: Run, number: int) -> None:
        self._size = len(run.measurement.images[number].functions)
        self._hits = [
            (step.name, bits)
            for step, bits in zip(run.measurement.steps, run.images[number].steps, strict=True)
            if step.phase is Phase.EXECUTE and bits
        ]
        self._flags: list[tuple[str, bytes]] = []

    def by(self, function: int) -> tuple[str, ...]:
        if not self._flags:
            self._flags = [(name, flags(bits, self._size)) for name, bits in self._hits]
        return tuple(name for name, entered in self._flags if entered[function])


def _numbered(sets: dict[Change, int], size: int) -> Iterator[tuple[int, Change]]:
    for change, bits in sets.items():
        found = flags(bits, size)
        number = found.find(1)
        while number >= 0:
            yield number, change
            number = found.find(1, number + 1)


def _change(
    change: Change,
    image: Image,
    function: Function,
    covered: bool,
    covered_in: int,
    known_in: int,
    steps: tuple[str, ...],
    renamed_from: str,
) -> FunctionChange:
    return FunctionChange(
        change=change,
        package=image.package,
        image=label(image),
        name=function.demangled,
        linkage_name=function.name,
        file=function.file,
        line=function.line,
        covered=covered,
        covered_in=covered_in,
        known_in=known_in,
        steps=steps,
        renamed_from=renamed_from,
    )


def _inlined(image: Image) -> frozenset[tuple[str, str]]:
    return frozenset(
        (name, file_name(each.file or each.unit)) for each in image.inlined for name in (each.name, each.demangled)
    )


def _keys(function: Function) -> frozenset[tuple[str, str]]:
    file = file_name(function.file or function.unit)
    return frozenset((name, file) for name in (*function.names, function.demangled))

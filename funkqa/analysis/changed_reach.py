"""What runs executed of the functions of a build."""

from collections.abc import Sequence
from typing import NamedTuple

from funkqa.analysis.compare_sides import Run, seen
from funkqa.model.change import Reach
from funkqa.model.comparison import Named
from funkqa.model.plan import Function, Image, Standing
from funkqa.model.recipe import Phase


class _Measured(NamedTuple):
    """An image that a run measured: the run, its number there, and its functions by address."""

    run: Run
    number: int
    functions: dict[int, int]


class Reached:
    """Runs, and what they executed. Images are the same only if they are of one build."""

    def __init__(self, results: Sequence[Named]) -> None:
        self.names = tuple(named.name for named in results)
        self._keys = {image.key for named in results for image in named.measurement.images}
        self._images: dict[str, list[_Measured]] = {}
        for named in results:
            run = seen(named)
            for number, image in enumerate(named.measurement.images):
                if image.build_id:
                    functions = {int(function.vaddr): index for index, function in enumerate(image.functions)}
                    self._images.setdefault(image.build_id, []).append(_Measured(run, number, functions))

    def knows(self, image: Image) -> bool:
        """Whether a run measured this build of the image."""
        return image.build_id in self._images

    def knows_another(self, image: Image) -> bool:
        """Whether only another build of the image was measured."""
        return not self.knows(image) and image.key in self._keys

    def of(self, image: Image, function: Function) -> tuple[Reach | None, tuple[str, ...]]:
        """The best that any run says of a function, and the steps that entered it; None without a run."""
        if not self.names:
            return None, ()
        found, steps = Reach.UNMEASURED, dict[str, None]()
        for measured in self._images.get(image.build_id, ()):
            index = measured.functions.get(function.vaddr)
            if index is None:
                continue
            states = measured.run.images[measured.number]
            there = measured.run.measurement.images[measured.number].functions[index]
            if states.covered >> index & 1:
                reach = Reach.COVERED
                entered = zip(measured.run.measurement.steps, states.steps, strict=True)
                steps |= {
                    step.name: None for step, hits in entered if step.phase is Phase.EXECUTE and hits >> index & 1
                }
            elif states.missing >> index & 1:
                reach = Reach.MISSING
            else:
                reach = Reach.EXCLUDED if there.standing is Standing.EXCLUDED else Reach.SKIPPED
            found = min(found, reach, key=_ORDER.index)
        return found, tuple(steps)


_ORDER = (Reach.COVERED, Reach.MISSING, Reach.SKIPPED, Reach.EXCLUDED, Reach.UNMEASURED)

"""Which programs a step started: what the kernel recorded, and the packages that own them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from funkqa.model.measurement import Execution
from funkqa.model.place import Place
from funkqa.model.plan import Image, ImageRole
from funkqa.packages import rpmdb
from funkqa.pipeline.ownership import OwnedElf
from funkqa.runner.steps import SHELL
from funkqa.store.writer import ResultWriter
from funkqa.system import roots
from funkqa.trace.starts import Start
from funkqa.trace.watch import Entry


def entries(elves: Sequence[OwnedElf]) -> Iterator[Entry]:
    """Where each program among the files begins."""
    for number, elf in enumerate(elves):
        offset = elf.facts.offset(elf.facts.entry)
        if elf.facts.role is ImageRole.PROGRAM and offset is not None:
            yield Entry(elf.held.link, offset, number)


def tell_lost(lost: tuple[int, int], writer: ResultWriter) -> None:
    """Processes that slipped out of scope have hits that are missing: the run fails."""
    if lost[1]:
        writer.fault(f"{lost[1]} processes were not kept in scope, so that hits may be missing: too many at once")


@dataclass(slots=True)
class Log:
    """From the starts of programs to executions, with what is known of each path so far.

    ``arguments``: keep them, else only the name by which the program was started.
    """

    place: Place
    images: Sequence[Image]
    arguments: bool
    _numbers: dict[str, int] = field(init=False)
    _paths: dict[str, str] = field(default_factory=dict)
    _packages: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._numbers = {
            path: number for number, image in enumerate(self.images) for path in (image.path, *image.links)
        }

    def executions(self, starts: Sequence[Start], step: int | None) -> list[Execution]:
        """The programs that were started, but for those by which funkqa itself starts a step."""
        self._look_up({start.path for start in starts if start.image is None})
        found = []
        for start in starts:
            execution = self._execution(start, step)
            if start.arguments[: len(SHELL)] != SHELL:
                if not _is_launcher(start):
                    found.append(execution)
            elif execution.measured:  # a step's shell, whose script the step has
                found.append(execution._replace(arguments=execution.arguments[: len(SHELL)]))
        return found

    def _execution(self, start: Start, step: int | None) -> Execution:
        path = self._paths.get(start.path, start.path)
        number = self._numbers.get(path) if start.image is None else start.image
        if number is not None:
            path = self.images[number].path
        return Execution(
            step=step,
            pid=start.pid,
            parent=start.parent,
            user=start.user,
            started=start.started,
            path=path,
            arguments=start.arguments if self.arguments else start.arguments[:1],
            package=self.images[number].package if number is not None else self._packages.get(path, ""),
            measured=number is not None,
        )

    def _look_up(self, paths: set[str]) -> None:
        """Follow symbolic links and ask the RPM database, once for each path."""
        new = {path for path in paths if path.startswith("/") and path not in self._paths}
        for path in new:
            try:
                self._paths[path] = roots.real_folder(self.place.root, path)
            except OSError:
                self._paths[path] = path
        unknown = {self._paths[path] for path in new} - self._packages.keys() - self._numbers.keys()
        if unknown:
            found = rpmdb.owners(self.place.root, sorted(unknown))
            self._packages |= {path: found[path].name if path in found else "" for path in unknown}


def _is_launcher(start: Start) -> bool:
    """nsenter(1) and setpriv(1), which start the shell of a step."""
    arguments = start.arguments
    return any(arguments[number : number + len(SHELL)] == SHELL for number in range(1, len(arguments)))

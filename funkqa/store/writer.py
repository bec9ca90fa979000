"""Measurement -> result file, step by step, so that a killed run keeps what it had measured."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from funkqa.model.errors import FunkqaError
from funkqa.model.measurement import Execution, RunRecord, Shard, StepResult
from funkqa.model.plan import Image, SkipReason, Unmeasured
from funkqa.model.units import Bitmap
from funkqa.store.creation import connect, create_file, write_errors
from funkqa.store.executions import insert_executions
from funkqa.store.format import MAX_OUTPUT_BYTES
from funkqa.store.inventory import insert_skips
from funkqa.store.shards import insert_shards
from funkqa.store.sources import insert_sources
from funkqa.store.steps import insert_fault, insert_statistics, insert_step


class ResultWriter:
    """An open result file; a context manager that closes it. Made by ``create``.

    Each of ``append``, ``fault``, ``sources`` and ``finish`` is one transaction: once it returns, the file has it,
    even if the process is killed. Where it can't be written they raise FunkqaError, and the file stays as it was.
    """

    def __init__(self, path: Path, sizes: tuple[int, ...]) -> None:
        self._path = path
        self._sizes = sizes
        self._output_bytes = 0
        self._skips: list[tuple[int, int, SkipReason]] = []
        with write_errors(path):
            self._connection = connect(path)

    @classmethod
    def create(
        cls, path: Path, run: RunRecord, images: tuple[Image, ...], unmeasured: tuple[Unmeasured, ...]
    ) -> Self:
        """Write run and inventory, whole or not at all; only then a file that stands at ``path`` is replaced.

        Raises UsageError for a place where no result file can be, FunkqaError if it can't be written.
        """
        create_file(path, run, images, unmeasured)
        return cls(path, tuple(len(image.functions) for image in images))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with closing(self._connection):
            try:
                if self._skips:
                    self._write_skips()
            except FunkqaError:
                if error is None:
                    raise

    def append(self, step: StepResult, hits: Mapping[int, Bitmap], executions: Sequence[Execution] = ()) -> None:
        """Add a step, its hits (index of an image -> bitmap of its functions) and the programs it started."""
        for image, bitmap in hits.items():
            if not 0 <= image < len(self._sizes) or bitmap < 0 or bitmap.bit_length() > self._sizes[image]:
                raise ValueError(f"hits beyond the inventory of image {image}")
        if self._output_bytes + len(step.output) > MAX_OUTPUT_BYTES:
            raise FunkqaError(
                f"the steps' kept output is longer than {MAX_OUTPUT_BYTES >> 20} MiB",
                where=str(self._path),
                hint="send the output of long steps to a file",
            )
        with self._transaction() as connection:
            insert_step(connection, step, hits)
            insert_executions(connection, executions)
        self._output_bytes += len(step.output)

    def skip(self, image: int, function: int, reason: SkipReason) -> None:
        """A planned probe that isn't there: its function counts as skipped.

        Held back until the next transaction, because a refused image may mean a hundred thousand of them.
        """
        if not (0 <= image < len(self._sizes) and 0 <= function < self._sizes[image]):
            raise ValueError(f"image {image} has no function {function}")
        self._skips.append((image, function, reason))

    def fault(self, message: str) -> None:
        """Something went wrong with the measuring itself."""
        with self._transaction() as connection:
            insert_fault(connection, message)

    def sources(self, texts: Mapping[tuple[str, str], str]) -> None:
        """Add source files, once: (source RPM, file) -> text."""
        with self._transaction() as connection:
            insert_sources(connection, texts)

    def shards(self, shards: Sequence[Shard]) -> None:
        """Say, once, of which runs a merged result is made."""
        with self._transaction() as connection:
            insert_shards(connection, shards)

    def finish(self, statistics: Mapping[str, float] | None = None, *, complete: bool = True) -> None:
        """The last step is over. ``statistics`` says what the tracing cost; merged runs may be incomplete."""
        with self._transaction() as connection:
            insert_statistics(connection, statistics or {})
            connection.execute("UPDATE run SET complete = ?", (complete,))

    def _write_skips(self) -> None:
        with self._transaction():
            pass

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with write_errors(self._path), self._connection:
            insert_skips(self._connection, self._skips)
            yield self._connection
        self._skips.clear()

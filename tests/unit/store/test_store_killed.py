"""A result file whose writer was killed holds every step that was appended."""

import os
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from time import sleep

import pytest

from funkqa.model.errors import ResultFileError
from funkqa.model.units import Bitmap
from funkqa.store.reader import read_result
from funkqa.store.writer import ResultWriter

from .values import function, image, kill_in_transaction, rich, step, write

IMAGES = (image(functions=tuple(function(number) for number in range(2000))),)


def _append_forever(path: Path, appended: Connection) -> None:
    with ResultWriter.create(path, rich().run, IMAGES, ()) as writer:
        number = 0
        while True:
            writer.append(step(f"step {number}", os.urandom(200_000)), {0: Bitmap(number)})
            number += 1
            appended.send(number)


def test_a_writer_killed_at_any_moment_leaves_every_step_it_appended(tmp_path: Path) -> None:
    random = Random(1)
    for round_number in range(25):
        path = tmp_path / f"{round_number}.funkqa"
        appended, sender = get_context("fork").Pipe(duplex=False)
        process = get_context("fork").Process(target=_append_forever, args=(path, sender))
        process.start()
        sender.close()
        steps = appended.recv()
        sleep(random.uniform(0, 0.03))
        process.kill()
        process.join()
        while appended.poll():
            try:
                steps = appended.recv()
            except EOFError:
                break

        measurement = read_result(path)

        # It may have died after the commit and before it could say so.
        assert len(measurement.steps) in (steps, steps + 1)
        assert [result.name for result in measurement.steps] == [
            f"step {n}" for n in range(len(measurement.steps))
        ]
        assert measurement.hits == {(0, n): n for n in range(len(measurement.steps))}
        assert measurement.images == IMAGES
        assert not measurement.complete


def test_a_half_written_transaction_is_rolled_back_without_touching_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "r.funkqa", rich())
    whole = path.read_bytes()
    kill_in_transaction(path)
    left = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert set(left) == {"r.funkqa", "r.funkqa-journal"}
    assert left["r.funkqa"] != whole

    assert read_result(path) == rich()

    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == left


def test_the_temporary_copy_is_gone_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "r.funkqa", rich())
    kill_in_transaction(path)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))

    read_result(path)

    assert list(temporary.iterdir()) == []


def test_a_forged_journal_cannot_make_reading_delete_a_file(tmp_path: Path) -> None:
    """The record at the end names a super-journal: any file, which SQLite 3.40 deletes after the rollback."""
    path = write(tmp_path / "r.funkqa", rich())
    kill_in_transaction(path)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    name = os.fsencode(victim)
    record = name + len(name).to_bytes(4, "big") + sum(name).to_bytes(4, "big")
    with path.with_name("r.funkqa-journal").open("ab") as journal:
        journal.write(b"\0\0\0\0" + record + bytes.fromhex("d9d505f920a163d7"))

    with pytest.raises(ResultFileError, match="journal"):
        read_result(path)

    assert victim.read_text() == "precious"


def test_a_file_cut_off_from_its_journal_is_read_or_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "r.funkqa", rich())
    kill_in_transaction(path)
    path.with_name("r.funkqa-journal").unlink()

    with pytest.raises(ResultFileError) as caught:
        read_result(path)

    assert caught.value.where == str(path)

"""A damaged result file gives a measurement or a refusal, never a traceback."""

from pathlib import Path
from random import Random

from funkqa.model.errors import ResultFileError
from funkqa.model.measurement import Measurement
from funkqa.store.reader import read_result

from .values import kill_in_transaction, rich, write


def damage(content: bytes, random: Random) -> bytes:
    """Some bytes changed, half of them in the first page."""
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        start = random.choice((random.randrange(len(changed)), random.randrange(min(4096, len(changed)))))
        changed[start] = random.choice((0, 0xFF, changed[start] ^ 1 << random.randrange(8)))
    return bytes(changed)


def is_read(path: Path) -> bool:
    """Whether it is read; anything but a measurement or a helpful refusal fails the test."""
    try:
        return isinstance(read_result(path), Measurement)
    except ResultFileError as error:
        refusal = error
    assert refusal.where == str(path)
    assert refusal.hint
    return False


def test_a_file_with_any_bytes_changed_is_read_or_refused(tmp_path: Path) -> None:
    random = Random(7)
    whole = write(tmp_path / "r.funkqa", rich()).read_bytes()
    path = tmp_path / "damaged.funkqa"
    read = 0
    for _ in range(600):
        path.write_bytes(damage(whole, random))
        read += is_read(path)
    assert 0 < read < 600


def test_a_journal_with_any_bytes_changed_is_read_or_refused(tmp_path: Path) -> None:
    random = Random(8)
    path = write(tmp_path / "r.funkqa", rich())
    journal = path.with_name("r.funkqa-journal")
    kill_in_transaction(path)
    whole = journal.read_bytes()
    read = 0
    for _ in range(200):
        journal.write_bytes(damage(whole, random))
        read += is_read(path)
    assert 0 < read < 200

"""A result file whose writer was killed, made whole where it is."""

from contextlib import closing
from pathlib import Path

from funkqa.store.creation import connect, write_errors


def roll_back(path: Path) -> None:
    """Undo what its writer had begun when it was killed, so that the file can be moved without its journal.

    For a file of our own: another's journal may name any file. Raises FunkqaError.
    """
    journal = path.with_name(path.name + "-journal")
    if journal.exists():
        with write_errors(path), closing(connect(path)) as connection:
            connection.execute("BEGIN")
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
            connection.rollback()
            journal.unlink(missing_ok=True)

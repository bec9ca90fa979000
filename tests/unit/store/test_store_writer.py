"""Creating, replacing and appending to a result file."""

import os
import resource
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from funkqa.model.errors import FunkqaError, UsageError
from funkqa.model.plan import SkipReason, Standing
from funkqa.model.units import Bitmap
from funkqa.store.format import MAX_OUTPUT_BYTES
from funkqa.store.reader import read_result
from funkqa.store.writer import ResultWriter

from .values import empty, function, image, kill_in_transaction, rich, step, write

RUN = rich().run
IMAGES = rich().images


def test_a_file_without_finish_is_not_complete(tmp_path: Path) -> None:
    path = tmp_path / "r.funkqa"
    with ResultWriter.create(path, RUN, IMAGES, ()) as writer:
        writer.append(step(), {0: Bitmap(1)})

    measurement = read_result(path)

    assert not measurement.complete
    assert measurement.steps == (step(),)
    assert measurement.hits == {(0, 0): 1}


def test_the_file_can_be_read_between_two_steps(tmp_path: Path) -> None:
    path = tmp_path / "r.funkqa"
    with ResultWriter.create(path, RUN, IMAGES, ()) as writer:
        assert read_result(path).steps == ()
        writer.append(step("one"), {})
        assert read_result(path).steps == (step("one"),)
        writer.append(step("two"), {})
        assert read_result(path).steps == (step("one"), step("two"))


def test_a_probe_that_was_skipped_later_makes_its_function_skipped(tmp_path: Path) -> None:
    path = tmp_path / "r.funkqa"
    with ResultWriter.create(path, RUN, IMAGES, ()) as writer:
        writer.skip(1, 5, SkipReason.NOT_ATTACHED)
        writer.append(step(), {})
        writer.skip(1, 99, SkipReason.CHANGED)
        writer.skip(1, 99, SkipReason.NOT_ATTACHED)

    functions = read_result(path).images[1].functions

    expected = {5: SkipReason.NOT_ATTACHED, 99: SkipReason.CHANGED}
    assert {n: f.reason for n, f in enumerate(functions) if f.standing is Standing.SKIPPED} == expected
    assert functions[5] == replace(function(5), standing=Standing.SKIPPED, reason=SkipReason.NOT_ATTACHED)


@pytest.mark.parametrize("place", [(-1, 0), (3, 0), (0, 4), (0, -1), (2, 0)])
def test_a_function_outside_the_inventory_cannot_be_skipped(tmp_path: Path, place: tuple[int, int]) -> None:
    with (
        ResultWriter.create(tmp_path / "r", RUN, IMAGES, ()) as writer,
        pytest.raises(ValueError, match="no func"),
    ):
        writer.skip(*place, SkipReason.CHANGED)


@pytest.mark.parametrize("hits", [{0: 0b10000}, {3: 0}, {-1: 0}, {0: -1}, {2: 1}])
def test_hits_outside_the_inventory_are_refused_and_nothing_is_written(
    tmp_path: Path, hits: dict[int, Bitmap]
) -> None:
    path = tmp_path / "r.funkqa"
    with ResultWriter.create(path, RUN, IMAGES, ()) as writer:
        with pytest.raises(ValueError, match="beyond the inventory"):
            writer.append(step(), hits)
        assert read_result(path).steps == ()


def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    path = write(tmp_path / "r.funkqa", rich())

    write(path, empty())

    assert read_result(path) == empty()
    assert list(tmp_path.iterdir()) == [path]


def test_an_older_file_stays_if_the_new_one_cannot_be_written(tmp_path: Path) -> None:
    path = write(tmp_path / "r.funkqa", rich())
    beyond = image(functions=(replace(function(0), line=1 << 64),))

    with pytest.raises(FunkqaError, match="can't be written") as caught:
        ResultWriter.create(path, RUN, (beyond,), ())

    assert caught.value.where == str(path)
    assert read_result(path) == rich()
    assert list(tmp_path.iterdir()) == [path]


def test_the_journal_of_a_killed_run_does_not_reach_the_file_that_replaces_its(tmp_path: Path) -> None:
    path = write(tmp_path / "r.funkqa", rich())
    journal = path.with_name("r.funkqa-journal")
    kill_in_transaction(path)
    assert journal.stat().st_size > 512

    write(path, empty())

    assert not journal.exists()
    assert read_result(path) == empty()


def test_a_writer_whose_file_was_replaced_says_so_instead_of_harming_the_new_file(tmp_path: Path) -> None:
    path = tmp_path / "r.funkqa"
    with ResultWriter.create(path, RUN, IMAGES, ()) as first:
        write(path, empty())
        with pytest.raises(FunkqaError, match="can't be written"):
            first.append(step(), {})

    assert read_result(path) == empty()


def test_a_missing_folder_is_named_with_the_command_that_creates_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="missing") as caught:
        ResultWriter.create(tmp_path / "no such" / "r.funkqa", RUN, (), ())

    assert caught.value.hint == f"create it: mkdir -p '{tmp_path}/no such'"


def test_a_file_in_place_of_the_folder_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UsageError):
        ResultWriter.create(tmp_path / "file" / "r.funkqa", RUN, (), ())


def test_a_folder_without_write_permission_is_a_usage_error(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        # Root may write everywhere but in /proc.
        folder = Path("/proc")
    else:
        folder = tmp_path
        folder.chmod(0o500)

    with pytest.raises(UsageError) as caught:
        ResultWriter.create(folder / "r.funkqa", RUN, (), ())

    assert caught.value.hint == "name a path in a folder where you may write"


@pytest.mark.parametrize("kind", ["folder", "fifo", "symlink"])
def test_only_a_regular_file_is_replaced(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "r.funkqa"
    match kind:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "symlink":
            path.symlink_to("/dev/null")
    before = path.lstat()

    with pytest.raises(UsageError, match="no regular file"):
        ResultWriter.create(path, RUN, (), ())

    assert path.lstat() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_is_as_readable_as_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        path = write(tmp_path / "r.funkqa", empty())
    finally:
        os.umask(before)

    assert path.stat().st_mode & 0o777 == 0o644


def test_a_step_that_finds_no_space_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """The limit on the file's size makes write(2) fail as a quota does."""
    path = tmp_path / "r.funkqa"

    def run_out_of_space() -> None:
        with ResultWriter.create(path, RUN, IMAGES, ()) as writer:
            writer.append(step("fits"), {})
            writer.skip(1, 0, SkipReason.CHANGED)
            size = path.stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
            with pytest.raises(FunkqaError, match="can't be written") as caught:
                writer.append(step("does not", os.urandom(1 << 20)), {})
            assert (caught.value.where, "df -h" in caught.value.hint) == (str(path), True)
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            writer.append(step("fits again"), {})

    process = get_context("fork").Process(target=run_out_of_space)
    process.start()
    process.join()

    assert process.exitcode == 0
    measurement = read_result(path)
    assert [result.name for result in measurement.steps] == ["fits", "fits again"]
    assert measurement.images[1].functions[0].reason is SkipReason.CHANGED


def test_no_space_at_creation_leaves_nothing_behind(tmp_path: Path) -> None:
    def run_out_of_space() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
        with pytest.raises(FunkqaError, match="can't be written"):
            ResultWriter.create(tmp_path / "r.funkqa", RUN, IMAGES, ())

    process = get_context("fork").Process(target=run_out_of_space)
    process.start()
    process.join()

    assert process.exitcode == 0
    assert list(tmp_path.iterdir()) == []


def test_more_output_than_a_reader_takes_is_never_written(tmp_path: Path) -> None:
    path = tmp_path / "r.funkqa"
    with ResultWriter.create(path, RUN, (), ()) as writer:
        writer.append(step("one", b"x"), {})
        with pytest.raises(FunkqaError, match="256 MiB"):
            writer.append(step("too much", bytes(MAX_OUTPUT_BYTES)), {})

    assert [result.name for result in read_result(path).steps] == ["one"]


def test_an_error_in_the_run_is_not_hidden_by_one_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "r.funkqa"

    def interrupted_run() -> None:
        with ResultWriter.create(path, RUN, IMAGES, ()) as writer:
            writer.skip(0, 0, SkipReason.CHANGED)
            path.unlink()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted_run()

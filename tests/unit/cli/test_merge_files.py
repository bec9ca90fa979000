"""``funkqa merge``: from result files to one, and how it ends."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from funkqa.analysis.coverage import cover
from funkqa.cli.merge import command
from funkqa.model.errors import ExitCode, FunkqaError, NothingToMeasure, UsageError
from funkqa.model.measurement import ShardState
from funkqa.store.reader import read_result
from funkqa.store.whole import write_result
from tests.examples import functions, image, measurement


def write(path: Path, covered: Iterable[int], *, complete: bool = True, build_id: str = "ab12") -> Path:
    names = functions("main", "usage", "pack", "unpack")
    run = measurement([image(functions=names, build_id=build_id)], hits={(0, 0): covered}, complete=complete)
    started = run.run.started + sum(path.name.encode())
    write_result(path, replace(run, run=replace(run.run, started=started)))
    return path


def merge(*arguments: object) -> Result:
    result = CliRunner().invoke(command, [str(each) for each in arguments])
    if isinstance(result.exception, FunkqaError):
        raise result.exception
    return result


def states(path: Path) -> dict[str, ShardState]:
    return {Path(shard.name).name: shard.state for shard in read_result(path).shards}


def test_shards_become_one_result(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{n}.funkqa", [n]) for n in range(3)]
    result = merge(*files, "-o", tmp_path / "all.funkqa")
    assert (result.exit_code, result.stdout) == (0, "bzip2: 3/4 functions 75.0%, 3 runs\n")
    assert cover(read_result(tmp_path / "all.funkqa")).ratio.covered == 3


def test_a_shard_without_a_result_is_a_state_and_the_end_is_1(tmp_path: Path) -> None:
    whole, dead = write(tmp_path / "a.funkqa", [0]), write(tmp_path / "b.funkqa", [1], complete=False)
    (tmp_path / "c.funkqa").write_bytes(b"")
    out = tmp_path / "all"
    result = merge(
        whole, dead, tmp_path / "c.funkqa", tmp_path / "d.funkqa",
        "--absent", "e.funkqa=timed-out", "--absent", "f=g.funkqa=crashed", "-o", out,
    )  # fmt: skip
    assert states(out) == {
        "a.funkqa": ShardState.COMPLETE,
        "b.funkqa": ShardState.INCOMPLETE,
        "c.funkqa": ShardState.UNREADABLE,
        "d.funkqa": ShardState.MISSING,
        "e.funkqa": ShardState.TIMED_OUT,
        "f=g.funkqa": ShardState.CRASHED,
    }
    assert result.exit_code == ExitCode.FINDINGS
    assert result.stdout == "bzip2: 2/4 functions 50.0%, 6 runs, 1 whole\n"
    assert "c.funkqa: unreadable: the file is empty\n" in result.stderr


def test_a_result_grows_as_shards_come_in(tmp_path: Path) -> None:
    out = tmp_path / "all.funkqa"
    late = tmp_path / "late.funkqa"
    assert merge(write(tmp_path / "a.funkqa", [0]), late, "-o", out).exit_code == 1
    write(late, [3])
    assert merge(out, late, "-o", out).exit_code == 0
    assert states(out) == {"a.funkqa": ShardState.COMPLETE, "late.funkqa": ShardState.COMPLETE}
    assert merge(out, "-o", tmp_path / "again.funkqa").exit_code == 0
    assert read_result(tmp_path / "again.funkqa") == read_result(out)


def test_another_build_is_refused_and_the_file_at_the_output_stays(tmp_path: Path) -> None:
    out = write(tmp_path / "out.funkqa", [2])
    before = out.read_bytes()
    with pytest.raises(UsageError, match="build ID") as caught:
        merge(write(tmp_path / "a.funkqa", [0]), write(tmp_path / "b.funkqa", [0], build_id="ff"), "-o", out)
    assert "funkqa compare" in caught.value.hint
    assert out.read_bytes() == before


def test_nothing_to_merge_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(NothingToMeasure) as caught:
        merge(tmp_path / "absent.funkqa", "-o", tmp_path / "out.funkqa")
    assert caught.value.exit_code is ExitCode.UNMEASURABLE
    assert not (tmp_path / "out.funkqa").exists()


@pytest.mark.parametrize("text", ["a.funkqa", "=missing", "a=complete", "a=gone"])
def test_a_state_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="NAME=STATE"):
        merge(tmp_path / "a.funkqa", "--absent", text, "-o", tmp_path / "out.funkqa")

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


def test_what_is_told_of_runs_without_a_result_is_not_lost_when_there_is_no_other(tmp_path: Path) -> None:
    damaged = write(tmp_path / "damaged.funkqa", [0])
    damaged.write_bytes(damaged.read_bytes()[:5000])
    with pytest.raises(NothingToMeasure) as caught:
        merge(damaged, tmp_path / "gone.funkqa", "--absent", "x=timed-out", "-o", tmp_path / "out.funkqa")
    assert f"{damaged}: unreadable (the file is damaged: " in caught.value.message
    assert f"{tmp_path}/gone.funkqa: missing (there is no such file)" in caught.value.message
    assert "x: timed-out" in caught.value.message


def test_a_pattern_that_matches_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        merge(f"{tmp_path}/zz*", write(tmp_path / "a.funkqa", [0]), "-o", tmp_path / "out.funkqa")
    assert caught.value.where == f"{tmp_path}/zz*"


@pytest.mark.parametrize("missing", ["sh/2.funkqa", "./sh/2.funkqa", "sh/../sh/2.funkqa", "2.funkqa", "absolute"])
@pytest.mark.parametrize("found", ["sh/2.funkqa", "2.funkqa", "absolute"])
def test_a_run_is_the_same_however_its_path_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, found: str
) -> None:
    out, late = tmp_path / "all.funkqa", tmp_path / "sh/2.funkqa"

    def named(path: str) -> str:
        late.parent.mkdir(exist_ok=True)
        monkeypatch.chdir(late.parent if path == "2.funkqa" else tmp_path)
        return str(late) if path == "absolute" else path

    assert merge(write(tmp_path / "1.funkqa", [0]), named(missing), "-o", out).exit_code == 1
    write(late, [3])
    result = merge(out, named(found), "-o", out)
    assert (result.exit_code, result.stdout) == (0, "bzip2: 2/4 functions 50.0%, 2 runs\n")


def test_a_run_that_is_said_to_have_crashed_and_has_a_result_did_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sh").mkdir()
    write(tmp_path / "sh/1.funkqa", [0])
    monkeypatch.chdir(tmp_path)
    assert merge("sh/1.funkqa", "--absent", "./sh/1.funkqa=crashed", "-o", "out.funkqa").exit_code == 0


def test_a_missing_file_beside_another_of_its_name_stays_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("1", "2", "3"):
        (tmp_path / folder).mkdir()
    write(tmp_path / "1/r.funkqa", [0])
    write(tmp_path / "2/r.funkqa", [1])
    monkeypatch.chdir(tmp_path / "3")
    result = merge("r.funkqa", "../1/r.funkqa", "../2/r.funkqa", "-o", "out.funkqa")
    assert (result.exit_code, result.stdout) == (1, "bzip2: 2/4 functions 50.0%, 3 runs, 2 whole\n")
    assert f"{tmp_path}/3/r.funkqa: missing" in result.stderr
    with pytest.raises(UsageError, match="several results end so"):
        merge("../1/r.funkqa", "../2/r.funkqa", "--absent", "r.funkqa=crashed", "-o", "out.funkqa")


def test_a_run_has_one_state(tmp_path: Path) -> None:
    file = write(tmp_path / "a.funkqa", [0])
    with pytest.raises(UsageError, match="x=timed-out: the same run is also said to be crashed"):
        merge(file, "--absent", "x=crashed", "--absent", "x=timed-out", "-o", tmp_path / "out.funkqa")


def test_what_is_no_result_file_at_all_is_refused_unless_it_is_called_so(tmp_path: Path) -> None:
    file, page = write(tmp_path / "a.funkqa", [0]), tmp_path / "t.html"
    page.write_text("<!DOCTYPE html>")
    with pytest.raises(UsageError, match="no result file") as caught:
        merge(file, page, "-o", tmp_path / "out.funkqa")
    assert caught.value.where == str(page)
    page.rename(tmp_path / "t.funkqa")
    assert merge(file, tmp_path / "t.funkqa", "-o", tmp_path / "out.funkqa").exit_code == 1
    assert states(tmp_path / "out.funkqa")["t.funkqa"] is ShardState.UNREADABLE


def test_a_result_is_not_written_to_standard_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="standard output"):
        merge(write(tmp_path / "a.funkqa", [0]), "-o", "-")
    assert not (tmp_path / "-").exists()


@pytest.mark.parametrize("text", ["a.funkqa", "=missing", "a=complete", "a=gone"])
def test_a_state_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="NAME=STATE"):
        merge(tmp_path / "a.funkqa", "--absent", text, "-o", tmp_path / "out.funkqa")

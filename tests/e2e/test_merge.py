"""``funkqa merge``, from the command line, on results of real runs."""

import shlex
import subprocess
from pathlib import Path

from funkqa.model.measurement import ShardState
from funkqa.store.reader import read_result
from tests.e2e.comparing import Lab


def merged(lab: Lab, out: Path, *arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = lab.funkqa("merge", *map(str, arguments), "-o", str(out))
    assert done.returncode == code, done.stdout + done.stderr
    return done


def test_two_real_runs_become_one_result(lab: Lab, tmp_path: Path) -> None:
    well, unwell = lab.moody(1, well=True), lab.moody(2, well=False)
    both, turned, again = (tmp_path / f"{name}.funkqa" for name in ("both", "turned", "again"))
    done = merged(lab, both, unwell, well)
    assert (
        done.stdout
        == lab.funkqa("report", str(well)).stdout.split("\n")[0].replace(" PASSED  ", " ") + ", 2 runs\n"
    )
    merged(lab, turned, well, unwell)
    merged(lab, again, both, well, both)
    assert read_result(both) == read_result(turned) == read_result(again)
    # The one that was well entered all that the other did.
    assert lab.document(well, both)["functions"] == []
    assert {each["change"] for each in lab.document(unwell, both)["functions"]} == {"gained"}
    report = lab.funkqa("report", str(both))
    assert (report.returncode, report.stdout.partition("  ")[0]) == (0, "moody: PASSED")


def test_other_builds_are_refused_and_the_command_that_is_offered_works(lab: Lab, tmp_path: Path) -> None:
    done = merged(lab, tmp_path / "all.funkqa", *lab.pair("bzip2"), code=2)
    assert "only runs of one recipe on one build can be merged" in done.stderr
    assert not (tmp_path / "all.funkqa").exists()
    offered = shlex.split(done.stderr.strip().rpartition(": ")[2])
    assert offered[:2] == ["funkqa", "compare"]
    assert "1 of 74 functions lost" in lab.funkqa(*offered[1:]).stdout


def test_shards_that_are_missing_damaged_or_were_killed_are_states(lab: Lab, tmp_path: Path) -> None:
    well, killed = lab.moody(1, well=True), lab.killed()
    damaged, absent = tmp_path / "damaged.funkqa", tmp_path / "absent.funkqa"
    damaged.write_bytes(well.read_bytes()[:20_000])
    out = tmp_path / "all.funkqa"
    told = ("--absent", "worker7=timed-out", "--absent", "worker8=crashed")
    done = merged(lab, out, well, killed, damaged, absent, *told, code=1)
    assert done.stdout.endswith("%, 6 runs, 1 whole\n")
    states = {shard.name: shard.state for shard in read_result(out).shards}
    assert states == {
        str(well): ShardState.COMPLETE,
        str(killed): ShardState.INCOMPLETE,
        str(damaged): ShardState.UNREADABLE,
        str(absent): ShardState.MISSING,
        "worker7": ShardState.TIMED_OUT,
        "worker8": ShardState.CRASHED,
    }
    for name, state in states.items():
        assert (f"funkqa: {name}: {state.value}" in done.stderr) == (state is not ShardState.COMPLETE)
    report = lab.funkqa("report", str(out))
    assert report.returncode == 1
    assert " ".join(report.stdout.split()).count("5 of 6 runs have no whole result") == 1
    # What a whole run entered stays entered: nothing counts as zero.
    assert lab.document(well, out, code=1)["counts"]["lost"] == 0
    # The killed run's word isn't good: it is no baseline beside a whole one.
    (note,) = lab.document(killed, well, lab.moody(2, well=False), code=1)["notes"]
    assert "is left aside: the run died after step 2 (test)" in note
    merged(lab, absent, well)
    merged(lab, damaged, well)
    nothing = lab.funkqa("merge", str(tmp_path / "none"), "-o", str(tmp_path / "out"))
    assert (nothing.returncode, "none of the runs has a result" in nothing.stderr) == (3, True)

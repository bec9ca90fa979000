"""What goes wrong every day is told with its remedy, leaves nothing behind, and never passes for success."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from funkqa.model.plan import DebugFileStatus
from funkqa.store.reader import read_result
from tests.compiling import compile_c
from tests.e2e import host, rpms
from tests.e2e.running import Funkqa

LABFAIL = "component: labfail\nexecute: labfail\n"
REFUSED = "http://127.0.0.1:9/"
"""Nobody listens there."""


@pytest.fixture
def before() -> host.Snapshot:
    return host.snapshot()


def assert_clean(funkqa: Funkqa, before: host.Snapshot | None = None) -> None:
    assert host.processes_left(funkqa.marker) == []
    assert list(funkqa.temporary.iterdir()) == []
    assert before is None or host.differences(before) == {}


def findings(funkqa: Funkqa, name: str) -> list[str]:
    report = funkqa("report", funkqa.result(Path(f"{name}.yaml")), "--report", "json=-")
    found = json.loads(report.stdout)["findings"]
    return [str(each) for each in found]


@contextmanager
def small_disk(directory: Path, size: str) -> Iterator[Path]:
    directory.mkdir()
    rpms.run("mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(directory))
    try:
        yield directory
    finally:
        rpms.run("umount", str(directory))


def broken_repository(folder: Path) -> Path:
    (folder / "repodata").mkdir(parents=True)
    (folder / "repodata/repomd.xml").write_text("no XML\n")
    return folder


@pytest.mark.parametrize("backend", ["zypper", "dnf"])
def test_an_unknown_package_is_told_with_the_command_to_look_for_it(
    funkqa: Funkqa, before: host.Snapshot, backend: str
) -> None:
    recipe = funkqa.recipe("unknown", "component: no-such-package\nexecute: 'true'\n")
    done = funkqa.run(recipe, "--backend", backend)
    assert done.returncode == 3
    assert f"funkqa: {backend} can't install no-such-package" in done.stderr
    look = {"zypper": "zypper search --provides", "dnf": "dnf repoquery --whatprovides"}[backend]
    assert f"check the name: {look} no-such-package; or name a repository" in done.stderr
    assert not Path(funkqa.result(recipe)).exists()
    assert_clean(funkqa, before)


@pytest.mark.parametrize("backend", ["zypper", "dnf"])
def test_a_repository_that_refuses_is_an_error_even_if_another_has_the_package(
    funkqa: Funkqa, before: host.Snapshot, backend: str
) -> None:
    done = funkqa.run(funkqa.recipe("refused", LABFAIL), "--repo", REFUSED, "--backend", backend)
    assert done.returncode == 3, done.stdout + done.stderr
    assert f"repo{'sitory' if backend == 'zypper' else ''} {REFUSED}" in done.stderr
    assert done.stderr.count("Couldn't connect to server") <= 2
    assert f"curl --location --head {REFUSED}repodata/repomd.xml" in done.stderr
    assert_clean(funkqa, before)


def test_a_folder_that_is_no_repository_is_refused_before_anything_happens(funkqa: Funkqa, tmp_path: Path) -> None:
    done = funkqa.run(funkqa.recipe("empty", LABFAIL), "--repo", str(funkqa.temporary))
    assert done.returncode == 2
    assert "this folder is no repository" in done.stderr
    assert f"createrepo_c {funkqa.temporary}" in done.stderr
    assert "throw-away root" not in done.stderr


def test_damaged_metadata_are_told_with_the_folders_own_name(funkqa: Funkqa, tmp_path: Path) -> None:
    folder = broken_repository(tmp_path / "broken")
    done = funkqa.run(funkqa.recipe("broken", LABFAIL), "--repo", str(folder))
    assert done.returncode == 3
    assert f"the repository {folder} can't be read" in done.stderr
    assert f"createrepo_c {folder}" in done.stderr
    assert_clean(funkqa)


def test_a_failing_scriptlet_is_a_warning_and_the_run_passes(funkqa: Funkqa) -> None:
    done = funkqa.run(funkqa.recipe("scriptlet", LABFAIL), "--quiet")
    assert done.returncode == 0
    said = "%post(labfail-1.0-1.suse.x86_64) scriptlet failed, exit status 3"
    assert done.stderr == f"scriptlet: warning: installed, but {said}\n"
    report = funkqa("report", funkqa.result(Path("scriptlet.yaml")))
    assert said in " ".join(report.stdout.split())


FREESTANDING = """
static int work(int n) { return n * 3; }
void _start(void) { __asm__("syscall" : : "a"(60), "D"(work(0))); __builtin_unreachable(); }
"""


def test_a_package_without_anything_to_measure_never_passes(
    funkqa: Funkqa, before: host.Snapshot, tmp_path: Path
) -> None:
    """No ELF file; one with neither symbols nor ``.eh_frame``; one whose functions are all excluded."""
    options = ("-nostdlib", "-static", "-s", "-fno-asynchronous-unwind-tables", "-Wl,--build-id")
    void = compile_c(tmp_path / "void", FREESTANDING, *options)
    rpms.package(tmp_path / "own", "labvoid", {"/usr/bin/labvoid": void})
    own = ("--repo", str(rpms.index(tmp_path / "own")))
    for package, measure, said in (
        ("labnoelf", "{}", "no ELF file of labnoelf-1.0-1.suse.noarch can be measured"),
        ("labvoid", "{}", "no function has a probe"),
        ("labfail", "{exclude: .}", "no function has a probe"),
    ):
        recipe = funkqa.recipe("nothing", f"component: {package}\nexecute: {package}\nmeasure: {measure}\n")
        done = funkqa.run(recipe, *own)
        assert done.returncode == 3, package
        assert "NOTHING MEASURED" in done.stdout
        assert findings(funkqa, "nothing")[0].startswith(f"nothing was measured: {said}")
    assert_clean(funkqa, before)


def test_what_only_unwind_tables_tell_of_a_stripped_program_is_measured_and_never_passes(funkqa: Funkqa) -> None:
    done = funkqa.run(funkqa.recipe("stripped", "component: labnodebug\nexecute: labnodebug\n"))
    assert done.returncode == 1
    assert "stripped: FAILED  2/2 functions 100.0%" in done.stdout
    assert "incomplete symbols" in done.stdout
    (said,) = findings(funkqa, "stripped")
    assert said.startswith("/usr/bin/labnodebug: no debuginfo, so that functions without a dynamic symbol have no")
    (image,) = read_result(Path(funkqa.result(Path("stripped.yaml")))).images
    assert image.debug is DebugFileStatus.UNWIND
    start, *others = sorted(image.functions, key=lambda function: function.symbol)
    assert start.symbol == "_start"
    assert [function.symbol for function in others] == [f"function_at_{each.vaddr:x}" for each in others]


def test_the_errors_of_all_recipes_are_told_at_once_and_nothing_is_installed(
    funkqa: Funkqa, tmp_path: Path
) -> None:
    wrong = {
        "typo": ("componet: a\nexecute: x\n", ":4:1: componet: unknown key"),
        "twice": ("component: a\ncomponent: b\nexecute: x\n", ":5:1: component: the key"),
        "type": ("component: a\nexecute: [1]\n", ":5:11: execute[0]:"),
        "tab": ("component: a\n\texecute: x\n", ":5:1: a tab can't indent YAML"),
    }
    paths = [str(funkqa.recipe(name, text)) for name, (text, _) in wrong.items()]
    (tmp_path / "void.yaml").write_text("")
    (tmp_path / "folder.yaml").mkdir()
    paths += [str(tmp_path / f"{name}.yaml") for name in ("void", "folder", "absent")]
    done = funkqa("run", *paths, "--repo", str(funkqa.repository), "--results", str(tmp_path))
    assert done.returncode == 2
    for name, (_, said) in wrong.items():
        assert f"{name}.yaml{said}" in done.stderr
    for said in ("void.yaml:1:1: the recipe is empty", "folder.yaml: this is a dir", "absent.yaml: there is no"):
        assert said in done.stderr
    assert "throw-away root" not in done.stderr


def test_a_full_throw_away_root_fails_the_step_and_funkqa_goes_on(funkqa: Funkqa, tmp_path: Path) -> None:
    steps = "component: labfail\nexecute:\n  - {script: cat /dev/zero >big, exit: 1}\n  - labfail\n"
    with small_disk(tmp_path / "small", "32m") as directory:
        done = funkqa.run(funkqa.recipe("full", steps), "--sandbox-dir", str(directory))
        assert list(directory.iterdir()) == []
    assert done.returncode == 0, done.stdout + done.stderr
    full, _ = read_result(Path(funkqa.result(Path("full.yaml")))).steps
    assert b"No space left on device" in full.output
    assert_clean(funkqa)


def test_a_gigabyte_of_output_takes_neither_memory_nor_long(funkqa: Funkqa) -> None:
    recipe = funkqa.recipe("loud", "component: labfail\nexecute: [labfail >/dev/null; head -c 1G /dev/zero]\n")
    began = time.monotonic()
    running = subprocess.Popen(
        [*funkqa.command(recipe), "-q"],
        env=funkqa.environment,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(running.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert usage.ru_maxrss < 500_000  # kB; most of it is the compiler of the BPF program
    assert time.monotonic() - began < 30
    (step,) = read_result(Path(funkqa.result(recipe))).steps
    assert step.output_bytes == 1 << 30


def test_a_full_disk_for_the_result_is_one_message_and_what_was_written_can_be_read(
    funkqa: Funkqa, before: host.Snapshot, tmp_path: Path
) -> None:
    chatty = "component: labfail\nexecute: [labfail, 'head -c 200000 /dev/urandom', labfail]\n"
    with small_disk(tmp_path / "small", "128k") as directory:
        result = directory / "result.funkqa"
        done = funkqa.run(funkqa.recipe("result", chatty), "-o", str(result))
        assert done.returncode == 3
        (said,) = (line for line in done.stderr.splitlines() if line.startswith("funkqa:"))
        assert said == f"funkqa: {result}: the result file can't be written: database or disk is full"
        assert f"df -h {directory}" in done.stderr
        report = funkqa("report", str(result))
        assert report.returncode == 1
        assert "the run died after step 1 (execute-1)" in report.stdout
    assert_clean(funkqa, before)


def test_a_full_disk_for_a_report_keeps_the_result(funkqa: Funkqa, tmp_path: Path) -> None:
    recipe = funkqa.recipe("report", LABFAIL)
    with small_disk(tmp_path / "small", "4k") as directory:
        (directory / "full").write_bytes(bytes(4096))
        done = funkqa.run(recipe, "--report", f"json={directory}/report.json")
        assert [path.name for path in directory.iterdir()] == ["full"]
    assert done.returncode == 3
    assert "report.json: the report can't be written: No space left on device" in done.stderr
    assert f"funkqa report {funkqa.result(recipe)} --report json=PATH" in done.stderr
    assert funkqa("report", funkqa.result(recipe)).returncode == 0


def test_a_full_cache_is_an_error_and_no_loss_of_functions(funkqa: Funkqa, tmp_path: Path) -> None:
    recipe = funkqa.recipe("cache", LABFAIL)
    with small_disk(tmp_path / "small", "4k") as cache:
        (cache / "full").write_bytes(bytes(4096))
        full = Funkqa(funkqa.repository, funkqa.directory, cache, funkqa.marker)
        done = full.run(recipe)
    assert done.returncode == 3
    assert f"{cache}: the cache of debug files can't be written" in done.stderr
    assert "FUNKQA_CACHE=DIR" in done.stderr
    assert_clean(funkqa)


def test_one_recipe_that_cannot_be_measured_stops_no_other_and_a_line_tells_of_each(
    funkqa: Funkqa, before: host.Snapshot, tmp_path: Path
) -> None:
    texts = {
        "unknown": "component: no-such-package\nexecute: 'true'\n",
        "failing": "component: labfail\nexecute: [labfail, exit 3]\n",
        "fine": LABFAIL,
        "nothing": "component: labfail\nexecute: 'true'\n",
    }
    paths = [str(funkqa.recipe(name, text)) for name, text in texts.items()]
    done = funkqa("run", *paths, "--repo", str(funkqa.repository), "--results", str(tmp_path))
    assert done.returncode == 1
    assert "funkqa: unknown: zypper can't install no-such-package" in done.stderr
    lines = done.stdout.splitlines()[-4:]
    assert [line.split()[:2] for line in lines] == [
        ["unknown", "ERROR"],
        ["failing", "FAILED"],
        ["fine", "PASSED"],
        ["nothing", "NOTHING"],
    ]
    assert "zypper can't install no-such-package" in lines[0]
    assert "1/1 functions 100.0%: step execute-2: failed: exit code 3" in lines[1]
    assert lines[2].endswith("1/1 functions 100.0%")
    assert lines[3].endswith("0/1 functions 0.0%: the execute steps entered none of 1 probed functions")
    quiet = funkqa("run", *paths[1:3], "-q", "--repo", str(funkqa.repository), "--results", str(tmp_path))
    assert (quiet.returncode, quiet.stdout) == (1, "")
    assert quiet.stderr.splitlines()[-1].startswith("failing  FAILED")
    assert_clean(funkqa, before)

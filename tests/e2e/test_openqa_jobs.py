"""Whole jobs of openQA: our modules and schedules, run by a real isotovideo, measure real packages."""

import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import Verdict
from funkqa.store.reader import read_result
from tests.e2e import isotovideo, own_packages
from tests.e2e.isotovideo import Done

pytestmark = pytest.mark.openqa

ASSET = "funkqa-tumbleweed-x86_64.tar"

RECIPES = {
    "failing": "component: gzip\nexecute: seq 9 | gzip; echo it ends here; exit 3",
    "nothing": "component: labnoelf\nexecute: echo nothing to measure",
    "steady": "component: gzip\nexecute: seq 99 | gzip | gzip -d",
    "worse": "component: bzip2\nexecute: seq 99 | bzip2 | bzip2 -d",
    "bit-worse": "component: bzip2\nexecute: seq 99 | bzip2 | bzip2 -d\nmeasure: {tolerance: 50pp}",
}
FIRST = ("gzip", "smoke", *RECIPES)
"""The first comes with funkqa's package, the second with the test distribution."""

LATER = {
    **RECIPES,
    "worse": "component: bzip2\nexecute: seq 99 | bzip2",
    "bit-worse": "component: bzip2\nexecute: seq 99 | bzip2\nmeasure: {tolerance: 50pp}",
}

ROLLBACK = """
# Summary: Fails, so that os-autoinst takes the machine back to its last snapshot
use Mojo::Base 'opensusebasetest', -signatures;
use testapi;
sub run ($self) { die 'as any module may' }
sub test_flags ($self) { return {fatal => 0} }
1;
"""
TRANSACTIONAL_UPDATE = """\
#!/bin/bash
# transactional-update -n pkg install PACKAGE...: where /usr is read-only, only this writes to it.
set -e
mount -o remount,bind,rw /usr
trap 'mount -o remount,bind,ro /usr' EXIT
zypper -n in "${@:4}"
"""

Job = Callable[..., Done]


@pytest.fixture(scope="module")
def own(measurable_host: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = own_packages.repository(tmp_path_factory.mktemp("own") / "repository")
    own_packages.git(into / "git")
    return into


@pytest.fixture(scope="module")
def job(openqa_root: None, repository: Path, own: Path, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """Runs a job; recipes are part of its test distribution."""

    def run(
        variables: Mapping[str, str],
        recipes: Mapping[str, str] = RECIPES,
        files: Mapping[str, str] = {},
        assets: Sequence[Path] = (),
        prepare: str = "",
    ) -> Done:
        written = {
            f"data/funkqa/{name}.yaml": f"version: 1\nsummary: {name}\n{text}\n" for name, text in recipes.items()
        }
        return isotovideo.job(
            tmp_path_factory.mktemp("job"),
            repository,
            own,
            variables,
            files={**written, **files},
            assets=assets,
            prepare=prepare,
        )

    return run


@pytest.fixture(scope="module")
def first(job: Job) -> Done:
    """A build without anything before it."""
    return job({"FUNKQA_RECIPES": ",".join(FIRST), "FUNKQA_PUBLISH": ASSET})


@pytest.fixture(scope="module")
def second(first: Done, job: Job) -> Done:
    """The next build, compared with the first; before running and before comparing a module is rolled back."""
    modules = ("coverage/funkqa_setup", "other/rollback", "coverage/funkqa_run", "other/rollback")
    schedule = "\n".join(f"- {module}" for module in ("boot/boot_to_desktop", *modules))
    return job(
        {
            "YAML_SCHEDULE": "schedule/rollback.yaml",
            "FUNKQA_RECIPES": "steady,worse,bit-worse,failing",
            "FUNKQA_PUBLISH": ASSET,
            "ASSET_1": ASSET,
            "SNAPSHOTS": "1",
        },
        recipes=LATER,
        files={
            "schedule/rollback.yaml": f"schedule:\n{schedule}\n- coverage/funkqa_report\n",
            "tests/other/rollback.pm": ROLLBACK,
        },
        assets=(first.uploads("assets_public")[ASSET],),
    )


def names(archive: Path) -> set[str]:
    with tarfile.open(archive) as opened:
        return {Path(member.name).name for member in opened if member.isfile()}


def test_every_recipe_becomes_a_module_with_its_own_verdict(first: Done) -> None:
    assert first.results() == {
        "boot_to_desktop": "ok",
        "funkqa_setup": "ok",
        "funkqa_run": "ok",
        "funkqa_gzip": "ok",
        "funkqa_smoke": "ok",
        "funkqa_steady": "ok",
        "funkqa_worse": "ok",
        "funkqa_bit-worse": "ok",
        "funkqa_failing": "fail",
        "funkqa_nothing": "fail",
        "funkqa_report": "ok",
    }
    assert first.returncode == 0, first.log


def test_funkqa_comes_from_its_package(first: Done) -> None:
    assert "zypper -n in funkqa |" in first.terminal
    assert "NEW packages are going to be installed" in first.terminal


def test_a_module_tells_the_numbers_and_why_it_failed(first: Done) -> None:
    assert "functions" in first.texts("funkqa_smoke")
    failing = first.result("funkqa_failing")["details"]
    assert [step["title"] for step in failing if step["result"] == "fail"] == ["run: execute-1"]
    assert "it ends here" in first.texts("funkqa_failing")
    assert "no ELF file" in first.texts("funkqa_nothing")
    assert "There is no earlier result to compare with" in first.texts("funkqa_report")


def test_many_recipes_are_uploaded_as_few_files(first: Done) -> None:
    uploads = first.uploads()
    others = {name for name in uploads if not name.startswith("funkqa_setup-") and not name.endswith(".xml")}
    assert others == {"funkqa_run-run.log", "funkqa_run-run.txt", "funkqa_run-run.tar.gz", "funkqa-results.tar"}
    reports = {f"{name}.{kind}" for name in FIRST for kind in ("html", "json", "txt")}
    assert names(uploads["funkqa_run-run.tar.gz"]) == reports
    assert len(names(uploads["funkqa-results.tar"])) == len(FIRST)


def test_the_uploaded_results_are_whole(first: Done, tmp_path: Path) -> None:
    with tarfile.open(first.uploads()["funkqa-results.tar"]) as opened:
        opened.extractall(tmp_path)
    (result,) = tmp_path.glob("**/smoke-*.funkqa")
    coverage = cover(read_result(result))
    assert coverage.verdict is Verdict.PASSED
    assert coverage.measurement.run.environment["root"] == "running system"


def test_the_console_stays_quiet(first: Done) -> None:
    assert "functions" not in first.terminal
    assert max(map(len, first.terminal.split("\n"))) < 300
    assert len(first.terminal) < 30_000


def test_only_what_passed_is_left_for_the_next_build(first: Done) -> None:
    packed = {name.rsplit("-", 3)[0] for name in names(first.uploads("assets_public")[ASSET])}
    assert packed == {"gzip", "smoke", "steady", "worse", "bit-worse"}


def test_a_loss_within_the_tolerance_is_a_softfail_and_beyond_it_a_failure(second: Done) -> None:
    results = second.results()
    assert {name: results[name] for name in results if "_compare_" in name} == {
        "funkqa_compare_steady": "ok",
        "funkqa_compare_bit-worse": "softfail",
        "funkqa_compare_worse": "fail",
        "funkqa_compare_failing": "ok",
    }
    assert "lost" in second.texts("funkqa_compare_worse")
    assert results["funkqa_report"] == "ok"


def test_what_a_rollback_took_away_is_compared_all_the_same(second: Done) -> None:
    assert [second.results()[name] for name in ("rollback", "rollback#1")] == ["fail", "fail"]
    for module, failed in (("funkqa_run", "rollback"), ("funkqa_report", "rollback#1")):
        assert f"Loaded snapshot because '{failed}' failed" in second.texts(module)
    assert "a rollback had taken 4 result files away" in second.texts("funkqa_report")


def test_few_recipes_are_uploaded_file_by_file(second: Done) -> None:
    uploads = second.uploads()
    assert {"funkqa_run-worse.html", "funkqa_run-worse.json", "funkqa_run-worse.txt"} <= uploads.keys()
    assert len([name for name in uploads if name.endswith(".funkqa")]) == 4


def test_a_loss_leaves_the_baseline_as_it_was(first: Done, second: Done, tmp_path: Path) -> None:
    kept = {}
    for number, done in enumerate((first, second)):
        with tarfile.open(done.uploads("assets_public")[ASSET]) as opened:
            opened.extractall(tmp_path / str(number))
        found = (tmp_path / str(number)).glob("**/*.funkqa")
        kept[number] = {path.name.rsplit("-", 3)[0]: path.read_bytes() for path in found}
    assert kept[1].keys() == {"steady", "worse", "bit-worse"}
    assert [name for name in kept[1] if kept[1][name] != kept[0][name]] == ["steady"]


@pytest.fixture(scope="module")
def from_git(job: Job) -> Done:
    """A job with funkqa from a git repository, and with a recipe that leaves no report."""
    recipes = {"steady": RECIPES["steady"], "absent": "component: nobody-has-this\nexecute: 'true'"}
    variables = {
        "FUNKQA_GITREF": f"file://{isotovideo.OWN}/git#main",
        "FUNKQA_RECIPES": "absent,steady,bzip2",
        "FUNKQA_SHARD": "1/1",
        "FUNKQA_SANDBOX": "1",
        "SNAPSHOTS": "1",
    }
    # Debian's packages have all that pip would fetch.
    offline = "printf '[global]\nno-index = true\n[install]\nno-build-isolation = false\n' >/etc/pip.conf"
    return job(variables, recipes=recipes, prepare=offline)


def test_funkqa_and_its_recipes_come_from_git_where_the_job_says_so(from_git: Done) -> None:
    results = from_git.results()
    assert (results["funkqa_setup"], results["funkqa_bzip2"]) == ("ok", "ok"), from_git.log
    assert "zypper -n in git-core |" in from_git.terminal
    assert "in funkqa" not in from_git.terminal
    assert "/74 functions" in from_git.texts("funkqa_bzip2")


def test_a_recipe_that_leaves_no_report_fails_the_module_in_a_shard_too(from_git: Done) -> None:
    done, results = from_git, from_git.results()
    assert (results["funkqa_run"], results["funkqa_steady"]) == ("fail", "ok")
    assert "no report of absent" in done.texts("funkqa_run")
    assert "Creating a VM snapshot lastgood" in done.log
    assert "Loading a VM snapshot" not in done.log
    assert "No provider of 'nobody-has-this' found" in done.texts("funkqa_run")
    (result,) = (path for name, path in done.uploads().items() if name.startswith("steady-"))
    assert cover(read_result(result)).measurement.run.environment["root"] == "throw-away"


def test_a_transactional_system_gets_packages_by_its_own_tool_and_keeps_usr_read_only(job: Job) -> None:
    program = "/usr/local/sbin/transactional-update"
    prepare = f"""
        cat >{program} <<'END'\n{TRANSACTIONAL_UPDATE}END
        chmod 755 {program}
        mount --bind /usr /usr
        mount -o remount,bind,ro /usr
        if touch /usr/writable 2>/dev/null; then exit 1; fi
    """
    variables = {"DISTRI": "microos", "FUNKQA_PACKAGES": "xz", "FUNKQA_RECIPES": "steady"}
    done = job(variables, prepare=prepare)
    results = done.results()
    assert (results["funkqa_setup"], results["funkqa_run"], results["funkqa_steady"]) == ("ok", "ok", "ok")
    assert "transactional-update -n pkg install funkqa xz" in done.terminal
    (result,) = (path for name, path in done.uploads().items() if name.startswith("steady-"))
    assert cover(read_result(result)).measurement.run.environment["root"] == "throw-away"

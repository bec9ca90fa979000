"""The files of ``openqa/`` as Perl, os-autoinst and openQA read them, without any machine."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.e2e import isotovideo
from tests.openqa_validator import complaints, with_openqa

OPENQA = isotovideo.CHECKOUT / "openqa"
MODULES = sorted(OPENQA.glob("tests/coverage/*.pm"))
PERL = sorted([*OPENQA.rglob("*.pm"), *OPENQA.rglob("*.t")])
SCHEDULES = sorted(OPENQA.glob("schedule/coverage/*.yaml"))
OF_THE_DISTRIBUTION = {"boot/boot_to_desktop", "console/tar"}
"""Modules of os-autoinst-distri-opensuse that our schedules name."""

TAKEN = {"coverage_setup", "coverage_report", "execve_trace_start", "execve_trace_report"}
"""What it has in tests/coverage already."""

pytestmark = pytest.mark.openqa


@pytest.fixture(scope="module")
def case(openqa_root: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return isotovideo.distribution(tmp_path_factory.mktemp("openqa") / "case")


def within(case: Path, *program: str) -> subprocess.CompletedProcess[str]:
    """Run a program in openQA's root; its working directory is the test distribution."""
    command = isotovideo.command(case, case, "sh", "-c", f'cd {isotovideo.CASE} && exec "$@"', "sh", *program)
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def test_perl_and_os_autoinst_take_every_module(case: Path) -> None:
    check = 'for file; do perl -I/usr/lib/os-autoinst -Ilib -wc "$file" || exit 1; done'
    names = [str(path.relative_to(OPENQA)) for path in MODULES]
    done = within(case, "sh", "-c", check, "sh", *names)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stderr.splitlines()) == sorted(f"{name} syntax OK" for name in names)


def test_the_unit_tests_pass(case: Path) -> None:
    done = within(case, "prove", "-I/usr/lib/os-autoinst", "-Ilib", "t")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Files={len(list(OPENQA.glob('t/*.t')))}," in done.stdout


def test_perltidy_would_change_nothing(case: Path) -> None:
    names = [str(path.relative_to(OPENQA)) for path in PERL]
    tidy = (
        'cp --parents "$@" /tmp && cd /tmp && perltidy --profile=$OLDPWD/.perltidyrc -b -bext=/ "$@" || exit 1; '
        'for file; do diff -u "$OLDPWD/$file" "$file" || exit 1; done'
    )
    done = within(case, "bash", "-c", tidy, "bash", *names)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_module_says_what_it_is_for_and_who_cares(module: Path) -> None:
    head = module.read_text().split("\n\n", 1)[0]
    for wanted in ("Copyright ", "SPDX-License-Identifier: ", "Summary: ", "Maintainer: "):
        assert re.search(f"^# {wanted}.+", head, re.MULTILINE), wanted
    assert module.stem not in TAKEN


def test_no_module_touches_selinux() -> None:
    assert not [path for path in PERL if re.search(r"setenforce|SELINUX=", path.read_text())]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda path: path.stem)
def test_openqa_reads_a_schedule_whose_modules_exist(schedule: Path, case: Path) -> None:
    load = "use OpenQA::YAML 'load_yaml'; load_yaml(file => $ARGV[0])"
    name = str(schedule.relative_to(OPENQA))
    done = within(case, "perl", "-I/usr/share/openqa/lib", "-e", load, name)
    assert (done.returncode, done.stderr) == (0, "")
    read = yaml.safe_load(schedule.read_text())
    assert read["name"] == schedule.stem
    assert "Maintainer: " in read["description"]
    ours = {f"coverage/{path.stem}" for path in MODULES}
    assert set(read["schedule"]) <= ours | OF_THE_DISTRIBUTION


def test_the_recipes_of_the_test_distribution_are_right() -> None:
    recipes = sorted(OPENQA.glob("data/funkqa/*.yaml"))
    command = [sys.executable, "-m", "funkqa", "check", *map(str, recipes)]
    done = subprocess.run(command, cwd=isotovideo.CHECKOUT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == len(recipes) > 0


@with_openqa
def test_openqa_takes_the_job_group(tmp_path: Path) -> None:
    group = OPENQA / "job_group.yaml"
    assert complaints(group, "job-templates") == []
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(group.read_text().replace("settings:", "setting:"))
    assert complaints(wrong, "job-templates") != []


def test_every_variable_is_explained() -> None:
    read = {
        name
        for path in PERL
        if "/t/" not in str(path)
        for name in re.findall(r"FUNKQA_[A-Z]+(?:_[A-Z]+)*", path.read_text())
    }
    constants = {"FUNKQA_STATE"}
    explained = set(re.findall(r"^\| `(FUNKQA_[A-Z_]+)`", (OPENQA / "README.md").read_text(), re.MULTILINE))
    assert read - constants == explained

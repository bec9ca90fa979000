"""`funkqa init`: drafts that can be run, made of real packages without executing anything of them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.measurement import Outcome
from funkqa.model.recipe import Respect
from funkqa.packages import rpmdb
from funkqa.recipe.reader import read_recipe
from funkqa.store.reader import read_result
from tests.e2e import rpms
from tests.e2e.running import Funkqa

BESIDE = {
    "bzip2": ["libbz2-1-1"],
    "gzip": [],
    "xz": ["liblzma5-5"],
    "openssl": ["libopenssl3-3", "openssl-tests-3"],
}


def files(repository: Path, package: str) -> list[str]:
    """`--rpm FILE` for the package and those of its source that are no debuginfo."""
    (first,) = repository.glob(f"{package}-[0-9]*.rpm")
    beside = [path for name in BESIDE[package] for path in repository.glob(f"{name}*.rpm")]
    return [option for path in (first, *beside) for option in ("--rpm", str(path))]


@pytest.mark.parametrize("package", BESIDE)
def test_a_draft_is_checked_and_runs(package: str, funkqa: Funkqa) -> None:
    path = funkqa.directory / f"{package}.yaml"
    drafted = funkqa("init", package, *files(funkqa.repository, package), "-o", str(path))
    assert (drafted.returncode, drafted.stdout) == (0, ""), drafted.stderr
    assert funkqa("check", str(path)).returncode == 0
    done = funkqa.run(path)
    assert done.returncode == 0, done.stdout + done.stderr
    coverage = cover(read_result(Path(funkqa.result(path))))
    assert coverage.ratio.covered > 0
    assert {step.outcome for step in coverage.steps} <= {Outcome.PASSED, Outcome.INFO}
    assert package in [each.name for each in coverage.measurement.run.packages if each.measured]


def test_a_package_that_is_not_installed_is_one_error_with_the_command_that_installs_it(funkqa: Funkqa) -> None:
    done = funkqa("init", "no-such-package")
    assert (done.returncode, done.stdout) == (3, "")
    assert re.fullmatch(
        r"funkqa: the package no-such-package is not installed\n"
        r"  install it: \S+ install no-such-package; or name its file: --rpm no-such-package-VERSION\.rpm\n",
        done.stderr,
    )


def test_a_file_that_is_there_is_never_replaced(funkqa: Funkqa) -> None:
    path = funkqa.directory / "gzip.yaml"
    path.write_text("mine")
    done = funkqa("init", *files(funkqa.repository, "gzip"), "-o", str(path))
    assert (done.returncode, path.read_text()) == (2, "mine")
    assert f"name another: -o {path.with_name('gzip-draft.yaml')}" in done.stderr


def test_a_name_that_no_recipe_can_have_is_refused_before_it_is_written(funkqa: Funkqa) -> None:
    path = funkqa.directory / "Not A Name.yaml"
    done = funkqa("init", *files(funkqa.repository, "gzip"), "-o", str(path))
    assert (done.returncode, path.exists()) == (2, False)
    assert "can't be the name of a recipe" in done.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["bzip2", "--rpm", "{gzip}"], ["--rpm", "{debuginfo}"], ["--rpm", "/etc/os-release"]]
)
def test_a_wrong_command_line_is_told(arguments: list[str], funkqa: Funkqa) -> None:
    (gzip,) = funkqa.repository.glob("gzip-1*.rpm")
    (debuginfo,) = funkqa.repository.glob("gzip-debuginfo-1*.rpm")
    done = funkqa("init", *(each.format(gzip=gzip, debuginfo=debuginfo) for each in arguments))
    assert done.returncode in (2, 3)
    assert done.stderr.startswith("funkqa: ")
    assert "Traceback" not in done.stderr


def test_pages_units_and_test_folders_of_a_package_are_in_its_draft(funkqa: Funkqa, tmp_path: Path) -> None:
    """Nothing of it is executed: its program would leave a file."""
    witness = tmp_path / "executed"
    program, page, unit = tmp_path / "program", tmp_path / "page.1", tmp_path / "unit"
    program.write_bytes(Path("/usr/bin/true").read_bytes())
    page.write_text(".TH LAB 1\n.SH EXAMPLES\n.EX\nlab \\-\\-squeeze file\n.EE\n.SH BUGS\nNone.\n")
    unit.write_text(f"[Service]\nExecStart=/usr/bin/touch {witness}\n")
    rpm = rpms.package(
        tmp_path / "out",
        "labdraft",
        {
            "/usr/bin/lab": program,
            "/usr/share/man/man1/lab.1": page,
            "/usr/lib/systemd/system/lab.service": unit,
            "/usr/share/installed-tests/lab/one.test": unit,
        },
        post=f"touch {witness}",
    )
    os.chmod(rpm, 0o600)
    done = funkqa("init", "--rpm", str(rpm))
    assert done.returncode == 0, done.stderr
    assert "\n# services: [lab.service]\n" in done.stdout
    assert "\n#   /usr/share/installed-tests of labdraft\n" in done.stdout
    assert "\n# lab(1)\n#       lab --squeeze file\n" in done.stdout
    assert not witness.exists()
    path = funkqa.directory / "draft.yaml"
    path.write_text(done.stdout)
    recipe = read_recipe(path)
    assert [(step.name, step.result) for step in recipe.steps] == [("lab", Respect.INFO)]


def test_what_to_test_next_follows_the_report_of_a_run_and_of_its_result(funkqa: Funkqa) -> None:
    recipe = funkqa.recipe("half", "component: bzip2\nalso: libbz2-1\nexecute: bzip2 --help\n")
    done = funkqa.run(recipe, "--suggest")
    assert done.returncode == 0, done.stdout + done.stderr
    report, _, suggested = done.stdout.partition("\nwhat to test next\n")
    assert report.startswith("half: PASSED")
    assert "    no step runs /usr/bin/bzip2recover: 7 functions, " in suggested
    assert "\n    compress.c (libbz2.so.1.0.8): 4 of 4 functions never entered, " in suggested
    assert "BZ2_compressBlock" in suggested
    assert max(map(len, suggested.splitlines())) <= 80
    again = funkqa("report", funkqa.result(recipe), "--suggest")
    assert (again.returncode, again.stdout) == (0, done.stdout)
    refused = funkqa("report", funkqa.result(recipe), "--suggest", "--report", "json=-")
    assert (refused.returncode, refused.stdout) == (2, "")
    whole = funkqa("report", funkqa.result(recipe), "--suggest", "--report", f"json={funkqa.directory / 'a.json'}")
    assert whole.stdout == report.splitlines()[0] + "\n\nwhat to test next\n" + suggested


AS_IF_INSTALLED = """\
set -e
mount -t tmpfs none "$0"
rpm=$(command -v rpm); "$rpm" --help | grep -q force-debian && force=--force-debian
"$rpm" --dbpath "$0" $force --justdb --nodeps --noscripts --nosignature --install "$@"
exec "$FUNKQA_PYTHON" -m funkqa init bzip2
"""


def test_an_installed_package_gives_the_draft_of_its_file(funkqa: Funkqa) -> None:
    """In a mount namespace whose RPM database knows it; not even its files are there."""
    (bzip2,) = funkqa.repository.glob("bzip2-1*.rpm")
    (library,) = funkqa.repository.glob("libbz2-1-1*.rpm")
    (debuginfo,) = funkqa.repository.glob("bzip2-debuginfo-1*.rpm")
    database = rpmdb.database_macro(Path("/"))
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", AS_IF_INSTALLED, database, str(bzip2), str(library), str(debuginfo)],
        env={**funkqa.environment, "FUNKQA_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "also: [libbz2-1]" in done.stdout
    assert done.stdout == funkqa("init", "--rpm", str(bzip2), "--rpm", str(library)).stdout

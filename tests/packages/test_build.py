"""The packages of the end-to-end tests: what "build" promises, checked with rpm itself."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent
OWN_LIBRARIES = ("libbz2.so", "libzstd.so", "liblzma.so", "libcrypto.so", "libssl.so", "libqpdf.so")

pytestmark = [
    pytest.mark.packages,
    pytest.mark.skipif(
        not (shutil.which("rpmbuild") and shutil.which("dpkg-query")), reason="needs rpmbuild and dpkg"
    ),
]


def build(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([HERE / "build", *arguments], capture_output=True, text=True, timeout=600)


def rpms(into: Path) -> dict[str, float]:
    return {path.name: path.stat().st_mtime for path in (into / "suse" / "repo").glob("*.rpm")}


def test_the_host_provides_libc_and_no_library_that_a_package_of_ours_ships() -> None:
    script = HERE / "host-libraries" / "provides"
    provides = subprocess.run(
        [script], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    ).stdout.split()
    assert any(line.startswith("libc.so.6(GLIBC_2.34)") for line in provides)
    assert not [line for line in provides if line.startswith(OWN_LIBRARIES)]


def test_an_unknown_package_is_a_usage_error(tmp_path: Path) -> None:
    outcome = build("--into", str(tmp_path), "no-such-package")
    assert outcome.returncode == 2
    assert "no spec for no-such-package" in outcome.stderr


def test_two_builds_at_a_time_build_once(tmp_path: Path) -> None:
    command = [str(HERE / "build"), "--into", str(tmp_path), "labtools"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    lines = sorted(process.communicate(timeout=600)[0].split(maxsplit=2)[2] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert "packages in" in lines[0]
    assert lines[1] == "up to date\n"


def test_a_second_build_takes_no_time_and_a_lost_rpm_is_built_again(tmp_path: Path) -> None:
    assert build("--into", str(tmp_path), "labtools").returncode == 0
    built = rpms(tmp_path)
    started = time.monotonic()
    assert "up to date" in build("--into", str(tmp_path), "labtools").stdout
    assert time.monotonic() - started < 0.5
    assert rpms(tmp_path) == built
    lost = next(name for name in built if name.startswith("labnoelf-"))
    (tmp_path / "suse" / "repo" / lost).unlink()
    assert build("--into", str(tmp_path), "labtools").returncode == 0
    assert rpms(tmp_path).keys() == built.keys()


def test_debuginfo_comes_for_every_package_with_an_elf_but_the_stripped_ones(tmp_path: Path) -> None:
    assert build("--into", str(tmp_path), "labtools").returncode == 0
    names = {name.rsplit("-", 2)[0] for name in rpms(tmp_path)}
    assert names == {
        "labtools", "labtools-debuginfo", "labtools-debugsource", "labtools-plugins", "labtools-plugins-debuginfo",
        "labfail", "labfail-debuginfo", "labmini", "labnodebug", "labnoelf",
    }  # fmt: skip


def test_a_failed_build_shows_the_log_and_leaves_no_stamp(tmp_path: Path) -> None:
    copy = tmp_path / "packages"
    shutil.copytree(HERE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "labtools" / "alpha.c").write_text("not C\n")
    outcome = subprocess.run(
        [copy / "build", "--into", str(tmp_path / "out"), "labtools"], capture_output=True, text=True, timeout=600
    )
    assert outcome.returncode == 1
    assert "alpha.c" in outcome.stderr
    assert "labtools: rpmbuild failed" in outcome.stderr
    assert not list((tmp_path / "out" / "suse" / "stamp").iterdir())

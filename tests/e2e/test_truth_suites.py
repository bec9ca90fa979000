"""The test suites that bzip2, gzip and xz ship: traced, byte for byte what they are untraced.

The programs under test are those of the RPM packages. In what gzip's prints, the process ID in a file name and
the times of dd are normalised; nothing else is.
"""

import re
import subprocess
from pathlib import Path

import pytest

from tests.compiling import tool
from tests.e2e.conftest import ROOT
from tests.e2e.traced import Tracer

SOURCES = ROOT / ".cache/packages/source"
BZIP2 = "bzip2-1.0.8"
GZIP = "gzip-1.12"
XZ = "xz-5.4.1"

STANDARD = "".join(f"#define HAVE_{name} 1\n" for name in ("STDBOOL_H", "STDINT_H", "INTTYPES_H", "_BOOL"))

GZIP_SUITE = """\
export LC_ALL=C srcdir=. abs_srcdir=$PWD SHELL=/bin/sh VERSION=1.12 PACKAGE=gzip GREP=grep AWK=awk
export built_programs='gunzip gzexe gzip zcat zcmp zdiff zegrep zfgrep zforce zgrep zless zmore znew'
for test in $(sed -n '/^TESTS =/,/[^\\\\]$/{s/^TESTS =//;s/\\\\$//;p}' Makefile.am); do
  [ $test != list-big ] || continue
  bash $test </dev/null 9>&2
  echo "$test: $?"
done
"""
XZ_SUITE = """\
export LC_ALL=C srcdir=.
for test in test_files.sh test_scripts.sh; do sh $test; echo "$test: $?"; done
for file in prepared_bcj_x86 prepared_bcj_sparc generated_abc generated_text; do
  sh test_compress.sh compress_$file; echo "$file: $?"
done
"""


@pytest.fixture
def trace(tmp_path: Path, cache: Path) -> Tracer:
    return Tracer(tmp_path, cache)


@pytest.fixture
def root(repository: Path, tmp_path: Path) -> Path:
    """The packages' files, in a directory."""
    root = tmp_path / "root"
    root.mkdir()
    for name in ("bzip2", "gzip", "xz", "libbz2-1", "liblzma5"):
        for package in (*repository.glob(f"{name}-[0-9]*.rpm"), *repository.glob(f"{name}-debuginfo-[0-9]*.rpm")):
            tool("sh", "-c", f"cd '{root}' && rpm2cpio '{package}' | cpio -idmu --quiet")
    return root


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    directory = tmp_path / "source"
    directory.mkdir()
    for archive in (*SOURCES.glob("*.orig.tar.gz"), *SOURCES.glob("*.orig.tar.xz")):
        tool("tar", "--extract", f"--file={archive}", f"--directory={directory}", "--no-same-owner")
    return directory


def assert_same_traced(trace: Tracer, root: Path, elves: list[str], directory: Path, *suite: str) -> str:
    """Run the suite in its directory, untraced and traced; what it prints."""
    environment = {**trace.environment, "LD_LIBRARY_PATH": str(root / "usr/lib64")}
    command = ["env", f"--chdir={directory}", *suite]
    plain = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    bind = f'mount --bind "{root}/usr/lib/debug" /usr/lib/debug && exec "$@"'
    found = trace(
        [root / elf for elf in elves],
        *command,
        enter=("unshare", "--mount", "sh", "-c", bind, "sh"),
        environment={"LD_LIBRARY_PATH": str(root / "usr/lib64")},
    )
    assert said(found.stdout) == said(plain.stdout)
    assert said(found.stderr) == said(plain.stderr)
    assert found.returncode == plain.returncode
    assert found.faults == ()
    assert found.skipped == ()
    assert len(found.covered) > len(found.functions) / 4
    return said(found.stdout)


def said(output: bytes) -> str:
    text = re.sub(r"\bin-\d+:", "in-PID:", output.decode(errors="replace"))
    return re.sub(r"copied, \S+ s, \S+ \wB/s", "copied, TIME", text)


def test_bzip2(trace: Tracer, root: Path, sources: Path) -> None:
    directory = sources / BZIP2
    (directory / "bzip2").symlink_to(root / "usr/bin/bzip2")
    suite = ("make", "--old-file=bzip2", "test")
    printed = assert_same_traced(trace, root, ["usr/bin/bzip2", "usr/lib64/libbz2.so.1.0.8"], directory, *suite)
    assert "If you got this far and the 'cmp's didn't complain" in printed


def test_gzip(trace: Tracer, root: Path, sources: Path) -> None:
    """All but list-big, which takes half a minute to write four gigabytes."""
    directory = sources / GZIP
    for program in (root / "usr/bin").glob("*z*"):
        target = directory / program.name
        target.unlink(missing_ok=True)
        target.symlink_to(program)
    printed = assert_same_traced(trace, root, ["usr/bin/gzip"], directory / "tests", "bash", "-c", GZIP_SUITE)
    assert printed.count(": 0\n") > 20


def test_xz(trace: Tracer, root: Path, sources: Path) -> None:
    directory = sources / XZ
    for program in ("xz", "xzdec"):
        target = directory / "src" / program / program
        target.symlink_to(root / "usr/bin" / program)
    for script in ("xzdiff", "xzgrep"):
        (directory / "src/scripts" / script).symlink_to(root / "usr/bin" / script)
    coders = "X86 POWERPC IA64 ARM ARMTHUMB ARM64 SPARC DELTA LZMA1 LZMA2".split()
    features = ["ENCODERS", "DECODERS", "CHECK_CRC32", "CHECK_CRC64", "CHECK_SHA256"]
    features += [f"{way}_{coder}" for coder in coders for way in ("ENCODER", "DECODER")]
    config = "".join(f"#define HAVE_{feature} 1\n" for feature in features)
    (directory / "config.h").write_text(config + STANDARD)
    maker = directory / "tests/create_compress_files"
    common = [f"-I{directory / folder}" for folder in ("", "src/common", "src/liblzma/api")]
    tool("gcc", "-w", "-std=gnu99", "-DHAVE_CONFIG_H", *common, f"{maker}.c", "-o", str(maker))
    elves = ["usr/bin/xz", "usr/bin/xzdec", "usr/lib64/liblzma.so.5.4.1"]
    printed = assert_same_traced(trace, root, elves, directory / "tests", "bash", "-c", XZ_SUITE)
    assert printed.count(": 0\n") == 6

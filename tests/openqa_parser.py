"""openQA's own parsers.

``FUNKQA_OPENQA_PARSE`` names an executable that takes ``--strict --format XUnit|JUnit FILE``, prints as JSON what
openQA would show, and exits with 0 if openQA has nothing to complain about. Without it, openQA's library is asked
where it is installed (package ``openQA-common`` or ``openqa-common``).
"""

import json
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

_EXECUTABLE = os.environ.get("FUNKQA_OPENQA_PARSE", "")
_LIBRARY = Path(os.environ.get("OPENQA_LIBPATH", "/usr/share/openqa/lib"))
_PERL = """
use OpenQA::Parser 'parser'; use Mojo::JSON 'encode_json';
my $parser = parser($ARGV[0]); $parser->load($ARGV[1]);
print encode_json([map { {name => $_->name, result => $_->result, steps => [map { $_->{result} } @{$_->details}]} }
    $parser->results->each]);
"""

needs_openqa = pytest.mark.skipif(
    not _EXECUTABLE and not (_LIBRARY / "OpenQA/Parser.pm").exists(),
    reason="FUNKQA_OPENQA_PARSE names no parser, and openQA's library is not installed",
)


class Shown(NamedTuple):
    """A module as openQA shows it."""

    name: str
    result: str
    steps: list[str]


def shown(path: Path, kind: str) -> Shown:
    return _by_executable(path, kind) if _EXECUTABLE else _by_library(path, kind)


def _by_executable(path: Path, kind: str) -> Shown:
    ran = subprocess.run([_EXECUTABLE, "--strict", "--format", kind, path], capture_output=True, check=False)
    answer = json.loads(ran.stdout)
    assert (ran.returncode, answer["problems"]) == (0, [])
    (module,) = answer["modules"]
    assert answer["worst"] == module["result"]
    return Shown(module["name"], module["result"], [step["result"] for step in module["steps"]])


def _by_library(path: Path, kind: str) -> Shown:
    command = ["perl", f"-I{_LIBRARY}", "-e", _PERL, kind, str(path)]
    ran = subprocess.run(command, capture_output=True, check=True)
    assert ran.stderr == b""
    (module,) = json.loads(ran.stdout)
    words = {"ok": "passed", "fail": "failed", "softfail": "softfailed"}
    return Shown(module["name"], words[module["result"]], module["steps"])

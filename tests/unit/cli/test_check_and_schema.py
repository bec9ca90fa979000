"""``funkqa check`` and ``funkqa schema`` as they are started."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from funkqa.cli.schema import KINDS

GOOD = "version: 1\nsummary: one\ncomponent: [bzip2, bzip3]\nalso: {source: true}\nexecute: 'true'\n"


def funkqa(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "funkqa", *arguments], capture_output=True, text=True, check=False
    )


def test_right_recipes_have_a_line_each(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(GOOD)
    (tmp_path / "two.yaml").write_text(GOOD.replace("also: {source: true}", "prepare: 'true'\nenabled: false"))
    done = funkqa("check", str(tmp_path / "one.yaml"), str(tmp_path / "two.yaml"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"{tmp_path}/one.yaml: ok, 1 step, measures bzip2, bzip3, all packages of the same source",
        f"{tmp_path}/two.yaml: ok, 2 steps, measures bzip2, bzip3, disabled",
    ]


def test_the_errors_of_all_recipes_are_told_at_once(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(GOOD + "componet: x\nsumary: y\n")
    (tmp_path / "three.yaml").write_text(GOOD)
    done = funkqa("check", *(str(tmp_path / f"{name}.yaml") for name in ("one", "two", "three", "absent")))
    assert (done.returncode, done.stdout) == (2, "")
    for name in ("one", "two"):
        assert f"{tmp_path}/{name}.yaml:6:1" in done.stderr
        assert f"{tmp_path}/{name}.yaml:7:1" in done.stderr
    assert f"{tmp_path}/absent.yaml: there is no such" in done.stderr
    assert "three" not in done.stderr


def test_without_a_kind_the_kinds_are_listed() -> None:
    done = funkqa("schema")
    assert (done.returncode, done.stdout.split()) == (0, sorted(KINDS))


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_printed_as_it_is(kind: str) -> None:
    done = funkqa("schema", kind)
    assert done.returncode == 0
    schema = json.loads(done.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert kind in schema["title"]


def test_an_unknown_kind_is_refused_with_2() -> None:
    done = funkqa("schema", "nonsense")
    assert done.returncode == 2
    assert "recipe" in done.stderr


def test_printing_a_schema_imports_no_validator() -> None:
    script = "import sys; from funkqa.cli.schema import schema_text; schema_text('recipe'); print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert not {"jsonschema", "yaml"} & set(printed.split())

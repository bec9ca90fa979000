"""Bad recipes, and what their authors are told: the place, the message, the way out."""

from pathlib import Path

import pytest

from funkqa.model.errors import RecipeError, RecipeErrors
from funkqa.recipe import parse_recipe

HEAD = "version: 1\nsummary: a summary\ncomponent: bzip2\n"
GOOD = HEAD + "execute: bzip2 --version\n"
STEP = HEAD + "execute:\n  - script: bzip2 --version\n    "


def errors_of(text: str, name: str = "bzip2.yaml") -> tuple[RecipeError, ...]:
    with pytest.raises(RecipeErrors) as caught:
        parse_recipe(text, Path(name))
    return caught.value.errors


TABLE = [
    # keys
    (GOOD + "sumary: x\n", "5:1: sumary", "unknown key 'sumary'",
     "did you mean `summary`? allowed here: version, "),
    (GOOD + "Network: host\n", "5:1: Network", "unknown key 'Network'", "did you mean `network`?"),
    (GOOD + "qqq: x\n", "5:1: qqq", "unknown key 'qqq'", "allowed here: version, "),
    (GOOD + "measure: {minimun: 1%}\n", "5:11: measure.minimun", "unknown key 'minimun'",
     "did you mean `minimum`?"),
    (STEP + "scirpt: x\n", "6:5: execute[0].scirpt", "unknown key 'scirpt'", "did you mean `script`?"),
    (GOOD + "summary: again\n", "5:1: summary", "the key `summary` stands here a second time",
     "line 2 has it already"),
    (GOOD + "<<: {tag: x}\n", "5:1", "recipes have no merge key <<", "write the merged keys out"),
    (GOOD + "? [a]\n: b\n", "5:3", "a key must be a word, not a list or a mapping", "check the brackets"),
    # missing
    ("# a comment\nversion: 1\nsummary: x\nexecute: ls\n", "2:1", "the required key `component` is missing",
     "add it, for example `component: bzip2`"),
    (HEAD, "1:1", "the required key `execute` is missing", "add it, for example `execute: bzip2 --version`"),
    (HEAD + "execute:\n  - exit: 1\n", "5:5: execute[0]", "the required key `script` is missing", "`script: "),
    (GOOD + "also: {}\n", "5:1: also", "the required key `source` is missing", "`source: true`"),
    ("- version: 1\n", "1:1", "a recipe must be a mapping, not a list", "for example: {"),
    ("just text\n", "1:1", "a recipe must be a mapping, not the text 'just text'", "for example: {"),
    # version
    (GOOD.replace("1", "2", 1), "1:1: version", "`version` is 2, but this funkqa reads version 1", "`version: 1`"),
    (GOOD.replace("1", "'1'", 1), "1:1: version", "`version` is '1', but this funkqa reads version 1",
     "`version: 1`"),
    (GOOD.replace("1", "yes", 1), "1:1: version", "`version` is yes, but this funkqa reads version 1",
     "`version: 1`"),
    # text, number, list, mapping, truth
    (STEP + "name: no\n", "6:5: execute[0].name", "`name` must be text, not false",
     "YAML reads no as false; put it in quotes: 'no'"),
    (STEP + "name: 5\n", "6:5: execute[0].name", "`name` must be text, not a number", "put it in quotes: '5'"),
    (STEP + "name: [x]\n", "6:5: execute[0].name", "`name` must be text, not a list", "for example: roundtrip"),
    (STEP + "stdin:\n", "6:5: execute[0].stdin", "`stdin` must be text, but is empty",
     "write '' for an empty text"),
    (GOOD + "prepare:\n", "5:1: prepare", "`prepare` must be text or a list, but is empty", "remove the key"),
    (GOOD + "prepare:\n  - echo: hi\n", "6:5: prepare[0].echo", "unknown key 'echo'",
     "allowed here: name, script"),
    (GOOD + "prepare:\n  - echo a: b\n", "6:5: prepare[0].'echo a'", "unknown key 'echo a'",
     "contains ': ' in quotes"),
    (GOOD + "contact: {a: b}\n", "5:1: contact", "`contact` must be text or a list, not a mapping", "in quotes"),
    (GOOD + "tag: [a, 1]\n", "5:10: tag[1]", "`tag[1]` must be text, not a number", "put it in quotes: '1'"),
    (GOOD + "enabled: 'true'\n", "5:1: enabled", "`enabled` must be true or false, not the text 'true'", "true"),
    (GOOD + "environment: [A]\n", "5:1: environment", "`environment` must be a mapping, not a list", "LC_ALL"),
    # lists
    (HEAD + "execute: []\n", "4:1: execute", "`execute` needs at least one item", "for example: bzip2 --version"),
    (HEAD + "execute: ''\n", "4:1: execute", "`execute` is empty", "for example: bzip2 --version"),
    (HEAD + "execute:\n- ls\n- ' '\n", "6:3: execute[1]",
     "`execute[1]` must be a script with at least one command, "
     "not ' '", "for example"),
    (GOOD.replace("bzip2", "[]", 1), "3:1: component", "`component` needs at least one item",
     "for example: bzip2"),
    (GOOD.replace("bzip2", "[a, b, a]", 1), "3:1: component", "`component` lists 'a' more than once",
     "list it once"),
    (GOOD.replace("bzip2", "--all", 1), "3:1: component", "`component` must be an RPM name, not '--all'", "bzip2"),
    (GOOD + "also: [a b]\n", "5:8: also[0]", "`also[0]` must be an RPM name or a glob, not 'a b'", "libbz2*"),
    (GOOD + "also: [{source: no}]\n", "5:9: also[0].source", "`source` must be true, not no", "write true"),
    (GOOD + "services: -x\n", "5:1: services", "`services` must be the name of a systemd unit, not '-x'",
     "cups.service"),
    # steps
    (STEP + "exit: 256\n", "6:5: execute[0].exit", "`exit` must be at least 0 and at most 255, not 256", "0"),
    (STEP + "exit: yes\n", "6:5: execute[0].exit", "`exit` must be a whole number, not yes", "for example: 0"),
    (STEP + "exit: '3'\n", "6:5: execute[0].exit", "`exit` must be a whole number, not the text '3'", "quotes: 3"),
    (STEP + "exit: 010\n", "6:5: execute[0].exit", "`exit` must be a whole number, not the text '010'", ""),
    (STEP + "exit: 1.5\n", "6:5: execute[0].exit", "`exit` must be a whole number, not 1.5", "for example: 0"),
    (STEP + "result: fail\n", "6:5: execute[0].result", "`result` can't be 'fail'",
     "did you mean xfail? allowed here: respect, xfail, info"),
    (STEP + "result:\n", "6:5: execute[0].result", "`result` can't be empty", "respect, xfail, info"),
    (GOOD + "network: none\n", "5:1: network", "`network` can't be 'none'", "allowed here: private, host"),
    (STEP + "duration: 0\n", "6:5: execute[0].duration", "`duration` must be above 0 and at most 999999, not 0",
     "5m"),
    (STEP + "duration: -1\n", "6:5: execute[0].duration",
     "`duration` must be above 0 and at most 999999, not -1", "5m"),
    *[
        (STEP + f"duration: {text}\n", "6:5: execute[0].duration",
         "`duration` must be a time above zero such as 30s, "
         f"5m or 1h30m (at most 99h, 9999m or 999999s), not '{text}'", "for example: 5m")
        for text in ("0s", "5 m", "5d", "30s1m", "-5m", "1:30", ".inf", "yes", "100h")
    ],
    (STEP + "user: a b\n", "6:5: execute[0].user", "`user` must be the name of a user, not 'a b'", "nobody"),
    (STEP + f"name: {'x' * 101}\n", "6:5: execute[0].name", "`name` has 101 characters", "at most 100"),
    (STEP + 'name: "a\\tb"\n', "6:5: execute[0].name", r"`name` must be one line of printable text, not 'a\tb'",
     ""),
    (STEP + 'stdin: "a\\0b"\n', "6:12: execute[0].stdin", "a text can't hold NUL or half of a surrogate pair",
     "printf"),
    (GOOD.replace("a summary", '"two\\nlines"'), "2:1: summary",
     r"`summary` must be one line of printable text, not 'two\nlines'", "for example"),
    # names
    (STEP + "name: a\n  - {name: b, script: x}\n  - {name: a, script: x}\n", "8:6: execute[2].name",
     "'a' is already the name of another step, `execute[0].name` on line 6", "a name of its own"),
    (STEP + "name: a b\n  - {name: a  b, script: x}\n", "7:6: execute[1].name",
     "'a b' is already the name of another step, `execute[0].name` on line 6", "a name of its own"),
    (STEP + "name: a\nfinish: [{script: x, name: a}]\n", "7:22: finish[0].name",
     "'a' is already the name of another step, `execute[0].name` on line 6", "a name of its own"),
    (STEP + "name: execute-2\n  - ls\n", "6:5: execute[0].name",
     "'execute-2' is already the name of another step, `execute[1]` on line 7", "a name of its own"),
    # environment
    (GOOD + "environment: {A: yes}\n", "5:15: environment.A", "`A` must be text or a number, not true",
     "YAML reads yes as true; put it in quotes: 'yes'"),
    (GOOD + "environment: {A: true}\n", "5:15: environment.A", "`A` must be text or a number, not true",
     "put it in quotes: 'true'"),
    (GOOD + "environment:\n  A:\n", "6:3: environment.A", "`A` must be text or a number, but is empty",
     "write ''"),
    (GOOD + "environment: {1A: x}\n", "5:15: environment.1A", "'1A' is not the name of an environment variable: "
     "letters, digits and '_', no digit first", "rename the variable"),
    (GOOD + 'environment: {"A\\n": x}\n', "5:15: environment.'A\\n'", r"'A\n' is not the name of an environment "
     "variable: letters, digits and '_', no digit first", "rename the variable"),
    (STEP + "environment: {A-B: x}\n", "6:19: execute[0].environment.A-B",
     "'A-B' is not the name of an environment "
     "variable: letters, digits and '_', no digit first", "rename the variable"),
    # measure
    (GOOD + "measure: {include: ['a', 'b(']}\n", "5:26: measure.include[1]",
     "'b(' is not a regular expression: missing ), unterminated subpattern at position 1", "backslash"),
    (GOOD + "measure: {exclude: '*x'}\n", "5:11: measure.exclude",
     "'*x' is not a regular expression: nothing to repeat at position 0", "backslash"),
    (GOOD + "measure: {include: 'a{99999999999}'}\n", "5:11: measure.include", "'a{99999999999}' is not a regular "
     "expression: a repetition or the nesting in it is too large", "backslash"),
    (GOOD + "measure: {minimum: 60}\n", "5:11: measure.minimum",
     "`minimum` must be a percentage from 0% to 100%, not '60'", "for example: 60%"),
    (GOOD + "measure: {minimum: 0.6}\n", "5:11: measure.minimum",
     "`minimum` must be a percentage from 0% to 100%, not '0.6'", "for example: 60%"),
    (GOOD + "measure: {skipped: 101%}\n", "5:11: measure.skipped",
     "`skipped` must be a percentage from 0% to 100%, not '101%'", "for example: 60%"),
    (GOOD + "measure: {tolerance: 1%}\n", "5:11: measure.tolerance",
     "`tolerance` must be a number of percentage points from 0pp to 100pp, not '1%'", "for example: 1.0pp"),
    # tags and aliases
    (GOOD + "tag: !secret x\n", "5:6: tag", "the tag '!secret' means nothing here", "in quotes"),
    (GOOD + "tag: !!python/name:os.system x\n", "5:6: tag",
     "the tag '!!python/name:os.system' means nothing here", ""),
    (GOOD + "extra-a: &a [*a]\n", "5:10: extra-a[0]", "this value contains itself through an alias",
     "remove the alias"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "message", "hint"), TABLE, ids=[f"{row[1]}-{row[2]}" for row in TABLE])
def test_a_bad_recipe_is_told_the_place_the_fault_and_the_way_out(
    text: str, place: str, message: str, hint: str
) -> None:
    found = {(error.where, error.message): error.hint for error in errors_of(text)}
    assert (f"bzip2.yaml:{place}", message) in found
    assert hint in found[f"bzip2.yaml:{place}", message]


@pytest.mark.parametrize("text", [row[0] for row in TABLE])
def test_every_error_has_a_hint_and_nothing_is_told_twice(text: str) -> None:
    errors = errors_of(text)
    assert all(error.hint for error in errors)
    assert len({(error.where, error.message) for error in errors}) == len(errors)


def test_all_errors_of_a_recipe_come_at_once_in_the_order_of_the_file() -> None:
    text = "version: 1\nsumary: x\ncomponent: 5\ncomponent: y\nexecute:\n  - script: ls\n    exit: 300\n"
    places = [error.where for error in errors_of(text, "Bad Name.yaml")]
    assert places == [
        "Bad Name.yaml",
        "Bad Name.yaml:1:1",
        "Bad Name.yaml:2:1: sumary",
        "Bad Name.yaml:3:1: component",
        "Bad Name.yaml:4:1: component",
        "Bad Name.yaml:7:5: execute[0].exit",
    ]


def test_one_fault_of_a_step_is_one_error() -> None:
    assert len(errors_of(STEP + "exit: 256\n")) == 1


def test_a_chain_of_aliases_that_explodes_is_refused() -> None:
    bomb = "extra-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"extra-{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    (error,) = errors_of(GOOD + bomb)
    assert error.message == "the recipe has more than 10,000 values once its aliases are followed"


def test_a_chain_of_aliases_that_nests_too_deep_is_refused() -> None:
    chain = "extra-0: &a0 [x]\n" + "".join(f"extra-{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 2000))
    (error,) = errors_of(GOOD + chain)
    assert error.message == "lists and mappings are nested more than 32 deep once aliases are followed"


@pytest.mark.parametrize("name", ["Bzip2.yaml", "b zip2.yaml", "bzip2.1.yaml", "bzip2+.yaml", "é.yaml", "bzip2\n"])
def test_a_file_name_that_is_no_recipe_name_is_refused(name: str) -> None:
    (error,) = errors_of(GOOD, name)
    assert error.message == f"{Path(name).stem!r} can't be the name of a recipe"
    assert "a-z, 0-9, '_' and '-'" in error.hint

"""``--shard K/N`` and ``--durations DIR``: which recipes are run here, by how long they took before."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import click

from funkqa.analysis.shards import expected_ms, split
from funkqa.cli.main import complain
from funkqa.cli.resultfiles import result_files
from funkqa.model.errors import ResultFileError, UsageError
from funkqa.model.recipe import Recipe
from funkqa.report.facts import counted
from funkqa.store.reader import read_time

SETUP_S = 30
"""What installing a package and its debuginfo takes, if nobody says otherwise."""


class Shard(NamedTuple):
    """One of ``of`` shards; ``number`` begins with 1."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def parse(text: str) -> Shard:
    """``2/5``. Raises UsageError."""
    match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
    shard = Shard(int(match[1]), int(match[2])) if match else Shard(0, 0)
    if not 1 <= shard.number <= shard.of:
        raise UsageError(f"--shard {text}: write K/N with K from 1 to N", hint="for example: --shard 1/4")
    return shard


def known_ms(places: Sequence[str]) -> Mapping[str, Sequence[int]]:
    """How long complete runs of each recipe took, in milliseconds; files that can't be read are told of."""
    found = defaultdict(list)
    for file in result_files(places):
        try:
            recipe, complete, seconds = read_time(file.path)
        except ResultFileError as error:
            complain(error)
        else:
            if complete:
                found[recipe].append(round(1000 * seconds))
    return found


def chosen(recipes: Sequence[Recipe], shard: Shard, durations: Sequence[str]) -> tuple[Recipe, ...]:
    """The recipes of a shard, in the order that they were given in. Raises UsageError if there is none."""
    known = known_ms(durations)
    names = [recipe.name for recipe in recipes]
    mine = split(expected_ms(names, known, 1000 * SETUP_S), shard.of)[shard.number - 1]
    if not mine:
        few, most = counted(len(names), "recipe"), counted(len(names), "shard")
        raise UsageError(f"--shard {shard}: nothing is left for it of {few}", hint=f"use at most {most}")
    if not any(name in known for name in names):
        click.echo("funkqa: no duration is known, so every recipe counts the same; see --durations", err=True)
    return tuple(recipe for recipe in recipes if recipe.name in mine)

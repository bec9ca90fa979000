"""``funkqa schema``: the JSON schemas of what funkqa reads and writes."""

from importlib.resources import files

import click

KINDS = {
    "changed": "report/changed/changed.schema.json",
    "comparison": "report/comparison/comparison.schema.json",
    "coverage": "report/coverage.schema.json",
    "doctor": "doctor/doctor.schema.json",
    "functions": "report/functions.schema.json",
    "plan": "report/plan.schema.json",
    "recipe": "recipe/recipe.schema.json",
    "release": "report/release/release.schema.json",
}
"""Kind to file in the package. All but recipes begin with ``{"schema": "funkqa/KIND/1"``."""


@click.command("schema")
@click.argument("kind", required=False, type=click.Choice(sorted(KINDS)), metavar="[KIND]")
def command(kind: str | None) -> None:
    """Print the JSON schema (draft 2020-12) of a KIND; without KIND, list the kinds.

    recipe is what `funkqa run` reads. The other kinds are JSON that funkqa writes, such as coverage for
    `--report json=PATH` and doctor for `funkqa doctor --json`.

    Editors that use yaml-language-server complete and check a recipe as it is written, if the schema lies beside
    it and the recipe's first line names it:

    \b
      funkqa schema recipe >recipe.schema.json
      # yaml-language-server: $schema=recipe.schema.json
    """
    if kind is None:
        click.echo("\n".join(sorted(KINDS)))
    else:
        click.echo(schema_text(kind), nl=False)


def schema_text(kind: str) -> str:
    """The schema's file as it is. Doesn't import the part of funkqa that it belongs to."""
    return files("funkqa").joinpath(*KINDS[kind].split("/")).read_text(encoding="utf-8")

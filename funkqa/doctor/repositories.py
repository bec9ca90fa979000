"""Debug repositories, without which most functions have no names."""

import json
from xml.etree import ElementTree

from funkqa.doctor.finding import Finding, Status
from funkqa.model.errors import FunkqaError
from funkqa.system import process


def debug_repositories() -> Finding:
    """Asks the first package manager there is; an empty answer is inconclusive, for --repo may bring debuginfo."""
    try:
        asked, names = _configured()
    except (FunkqaError, ValueError, ElementTree.ParseError) as error:
        asked, names = "", []
        fact = f"can't be listed: {str(error).splitlines()[0]}"
    else:
        debug = [name for name in names if "debug" in name.lower()]
        fact = (
            ", ".join(debug)
            if debug
            else f"none among the repositories of {asked} ({len(names)})"
            if asked
            else "no package manager to ask"
        )
    found = any("debug" in name.lower() for name in names)
    return Finding(
        "debug repositories",
        Status.SUPPORTED if found else Status.INCONCLUSIVE,
        fact,
        lost="the names of static functions, where packages come without debuginfo",
        remedy="add the distribution's debug repository, or name one for a run: --repo URI",
        required=False,
    )


def _configured() -> tuple[str, list[str]]:
    """The package manager that was asked, and its repositories; disabled ones too, for funkqa enables them."""
    if process.exists("zypper"):
        answer = process.run(["zypper", "--non-interactive", "--xmlout", "repos"], accept=(0, 6)).stdout
        return "zypper", [repo.get("alias", "") for repo in ElementTree.fromstring(answer).iter("repo")]
    if process.exists("dnf5"):
        answer = process.run(["dnf5", "repo", "list", "--all", "--json"]).stdout
        return "dnf5", [str(repo["id"]) for repo in json.loads(answer)]
    if process.exists("dnf"):
        lines = process.run(["dnf", "--quiet", "repolist", "--all"]).stdout.splitlines()
        return "dnf", [line.split()[0] for line in lines[1:] if line.strip()]
    return "", []

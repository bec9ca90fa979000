"""Why a package manager could not do it, in one sentence, from what it prints."""

import re
from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree

_SKIPPED = re.compile(r"Skipping repository '(.+)' because of the above error")
_CURL = re.compile(r"Error message: (.+)")
_BOILERPLATE = re.compile(
    r"Repository '[^']*' is invalid\. |Please check if the URIs .*|History: .*|\[[^]|]*\|[^]]*\] "
)
_FOLLOWS = "Some of the repositories have not been refreshed because of an error."
_SCRIPTLET = re.compile(r"%\w+\(.+?\) scriptlet failed, [^<\n]+")
_HARMLESS = re.compile(r"%(?:post|posttrans|postun|trigger\w*|\w*filetrigger\w*)\((.+?)\) scriptlet failed, .+")
"""rpm goes on after these; a failing %pre or %pretrans keeps the package out (rpm-scriptlets(7))."""
_NEEDED = re.compile(r"\s*(.+) is needed by (?:\(installed\) )?(.+)")
_SYMBOL_VERSION = re.compile(r"([^()]+\.so[^()]*)\(([^()]+)\)(\(64bit\))?")
"""``libc.so.6(GLIBC_2.34)(64bit)``; the library itself is ``libc.so.6()(64bit)``, or ``libc.so.6`` of 32 bits."""
_TELLING = re.compile(
    r"(Error: |Problem|- |No match for argument|Failed to |Cannot |Curl error|nothing provides "
    r"|.* already locked by |The application with PID )"
)


def of_zypper(output: str) -> str:
    """The errors, and the questions that nobody answered, from the output of ``zypper --xmlout``.

    Empty if it is no XML. What is wrong with repositories is in ``unreadable_repositories``.
    """
    said = [text for text in _messages(output) if text != _FOLLOWS and not _SKIPPED.match(text)]
    broken = unreadable_repositories(output)
    said = [text for text in said if not any(f"'{name}'" in text for name in broken)]
    stream = _stream(output)
    prompts = stream.iter("prompt") if stream is not None else ()
    said += [_one_line(each.text) for prompt in prompts for each in prompt.iter("description")]
    return sentence([*said, *(f"the repository {name} can't be read: {why}" for name, why in broken.items())])


def unreadable_repositories(output: str) -> Mapping[str, str]:
    """Name of each repository that zypper skipped, and why. A repository without a name is called by its URI."""
    found, before = {}, ""
    for text in _messages(output):
        skipped = _SKIPPED.match(text)
        if skipped:
            found[skipped[1]] = before
        elif text != _FOLLOWS:
            before = text
    raw = {_one_line(text): _CURL.search(text) for text in _raw_messages(output)}
    return {
        name: (curl[1].strip() if (curl := raw.get(why)) else _BOILERPLATE.sub("", why).strip())
        for name, why in found.items()
    }


def failed_scriptlets(output: str) -> str:
    """``%post(labfail-1.0-1.x86_64) scriptlet failed, exit status 3``, as rpm says it through zypper."""
    return sentence(_SCRIPTLET.findall(output))


def harmless_scriptlets(output: str) -> Mapping[str, str]:
    """NEVRA of each package whose scriptlet failed after it was installed, and what rpm said.

    Empty if a scriptlet failed that keeps a package from being installed.
    """
    said = _SCRIPTLET.findall(output)
    found = [_HARMLESS.fullmatch(text) for text in said]
    return {match[1]: match[0] for match in found if match} if all(found) else {}


def kept_versions(output: str) -> str:
    """Packages that zypper left as they are, because the newer version comes from another vendor."""
    stream = _stream(output)
    said = (_one_line(each.text) for each in stream.iter("message")) if stream is not None else ()
    return sentence(text for text in said if text.startswith("There is an update candidate for "))


def offered_by_zypper(output: str) -> tuple[str, ...]:
    """The NEVRAs of the packages that ``zypper --xmlout search --details`` found in repositories."""
    stream = _stream(output)
    found = stream.iter("solvable") if stream is not None else ()
    return tuple(
        f"{each.get('name')}-{each.get('edition')}.{each.get('arch')}"
        for each in found
        if each.get("repository") != "(System Packages)"
    )


def of_dnf(output: str, repositories: Mapping[str, str]) -> str:
    """The errors from the output of dnf or dnf5; ``repositories`` are URIs by the names that dnf calls them."""
    lines = [_one_line(line).removeprefix(">>> ") for line in output.splitlines()]
    said = sentence(line.removeprefix("Error: ").removeprefix("- ") for line in lines if _TELLING.match(line))
    for name, uri in repositories.items():
        said = said.replace(f"'{name}'", uri).replace(f'(baseurl: "{uri}") for repository "{name}"', f"for {uri}")
    return said


def missing_dependencies(output: str) -> Mapping[str, Sequence[str]]:
    """What rpm finds nowhere, by the package that needs it; each library once, whatever is needed of it."""
    missing: dict[str, list[str]] = {}
    for line in output.splitlines():
        if match := _NEEDED.fullmatch(line):
            missing.setdefault(match[2], []).append(match[1])
    return {whom: _folded(what) for whom, what in missing.items()}


def _folded(needed: Sequence[str]) -> list[str]:
    """Symbol versions of a library stand together, and not at all if the library itself is missing."""
    folded: dict[str, list[str]] = {}
    for each in needed:
        match = _SYMBOL_VERSION.fullmatch(each)
        library = f"{match[1]}(){match[3]}" if match and match[3] else match[1] if match else each
        folded.setdefault(library, []).append(match[2] if match else "")
    return [
        library
        if "" in versions
        else f"{library.partition('(')[0]}({', '.join(versions)}){library.partition('()')[2]}"
        for library, versions in folded.items()
    ]


def of_rpm(output: str) -> str:
    """The errors of rpm: what it calls so, and what it indents. Debian's says more, in praise of Alien."""
    lines = [line for line in output.splitlines() if line.startswith(("error: ", "\t"))]
    return sentence(_one_line(line).removeprefix("error: ") for line in lines)


def sentence(parts: Iterable[str]) -> str:
    """The parts that say something, each once."""
    return "; ".join(dict.fromkeys(part.rstrip(".;") for part in parts if part))


def _messages(output: str) -> list[str]:
    return [_one_line(text) for text in _raw_messages(output)]


def _raw_messages(output: str) -> Sequence[str]:
    stream = _stream(output)
    if stream is None:
        return ()
    return [each.text or "" for each in stream.iter("message") if each.get("type") in ("error", "warning")]


def _stream(output: str) -> ElementTree.Element | None:
    start = output.find("<?xml")
    try:
        return ElementTree.fromstring(output[start:]) if start >= 0 else None
    except ElementTree.ParseError:
        return None


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())

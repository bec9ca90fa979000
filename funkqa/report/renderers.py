"""Renderers by the names that the command line gives to their formats."""

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

_MODULES = {
    "text": "text",
    "json": "jsonreport",
    "junit": "junit",
    "junit-standard": "junit",
    "html": "html",
    "lcov": "lcov",
    "cobertura": "cobertura",
    "csv": "table",
    "markdown": "markdown",
}


def renderers(package: str, *formats: str) -> Mapping[str, Callable[[Any], str]]:
    """``render`` of the module for each format in a package such as ``funkqa.report.changed``.

    A module is imported when its renderer is called: rich, jinja2 and junit-xml take long to import.
    """
    return MappingProxyType({name: _renderer(f"{package}.{_MODULES[name]}", name) for name in formats})


def _renderer(module: str, name: str) -> Callable[[Any], str]:
    options = {"dialect": "standard"} if name == "junit-standard" else {}

    def render(subject: Any, **more: Any) -> str:
        text: str = import_module(module).render(subject, **options, **more)
        return text

    return render

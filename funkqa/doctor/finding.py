"""What a check found, and what follows for measuring on this host."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from funkqa.model.errors import HostUnfit


class Status(Enum):
    """Whether the host has what a check asks for."""

    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"
    INCONCLUSIVE = "inconclusive"
    """It could not be tried, for want of rights or of something that another check tells."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One requirement as found on this host.

    ``fact`` is what was seen, ``lost`` what can't be done without it, ``remedy`` what to do about it.
    ``required``: without it nothing can be measured.
    """

    name: str
    status: Status
    fact: str
    lost: str
    remedy: str
    required: bool

    @property
    def is_supported(self) -> bool:
        return self.status is Status.SUPPORTED


def status_of(present: bool) -> Status:
    return Status.SUPPORTED if present else Status.UNSUPPORTED


def required_failures(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that keep this host from being measured on."""
    return tuple(finding for finding in findings if finding.required and not finding.is_supported)


def refuse_unfit(findings: Iterable[Finding]) -> None:
    """Raises HostUnfit with every fact and remedy if something required is missing."""
    failures = required_failures(findings)
    if not failures:
        return
    facts = "; ".join(f"{failure.name}: {failure.fact}" for failure in failures)
    remedies = dict.fromkeys(failure.remedy for failure in failures)
    raise HostUnfit(
        f"this host can't be measured on: {facts}",
        hint="\n  ".join((*remedies, "funkqa doctor tells all that is missing")),
    )

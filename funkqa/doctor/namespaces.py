"""Namespaces of a throw-away root, made by unshare(1) in a child that ends at once."""

from funkqa.doctor.finding import Finding, Status, status_of
from funkqa.model.errors import CommandFailed, ToolMissing
from funkqa.system import process

KINDS = ("mount", "pid", "net", "ipc", "uts")


def namespaces(*, required: bool) -> Finding:
    refused = []
    try:
        for kind in KINDS:
            try:
                process.run(["unshare", f"--{kind}", "--fork", "true"])
            except CommandFailed:
                refused.append(kind)
    except ToolMissing:
        status, fact = Status.INCONCLUSIVE, "can't be tried without unshare"
    else:
        status = status_of(not refused)
        fact = f"refused: {', '.join(refused)}" if refused else ", ".join(KINDS)
    return Finding(
        "namespaces",
        status,
        fact,
        lost="throw-away roots: packages are installed on the running system",
        remedy="run as root outside of a container, or use --no-sandbox",
        required=required,
    )

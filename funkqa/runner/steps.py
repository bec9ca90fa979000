"""Running one step of a recipe and judging how it ended."""

import os
import pwd
import selectors
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from funkqa.model.measurement import Outcome, StepResult
from funkqa.model.place import Place
from funkqa.model.recipe import Respect, Step
from funkqa.runner.output import KeptOutput
from funkqa.system import cgroup, limits, process, starter

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SHELL = ("bash", "-o", "errexit", "-o", "pipefail", "-c")
"""What runs a step; its script and its name follow."""

OUTPUT_GRACE_S = 1.0
Listener = Callable[[bytes], None]


def run_step(
    step: Step, place: Place, group: Path, work: str, environment: Mapping[str, str], listen: Listener
) -> StepResult:
    """Run the script with bash (errexit, pipefail) in the directory ``work`` inside ``place``.

    Its processes are in the cgroup ``group``; those that outlive the script stay, except after a time-out, which
    kills all of them. ``listen`` gets the output as it comes.
    """
    user = _user(place, step.user)
    if user is None:
        return not_run(step, Outcome.FAILED, f"there is no user {step.user!r}: create it in a step of prepare")
    command = [
        *place.enter,
        *([f"--wd={place.path(work)}"] if place.enter else []),
        *_as_user(user),
        *(*SHELL, step.script, step.name),
    ]
    variables = {
        "PATH": PATH,
        "HOME": user.pw_dir,
        "USER": user.pw_name,
        "LOGNAME": user.pw_name,
        "SHELL": "/bin/bash",
        "LC_ALL": "C.UTF-8",
        **environment,
        **step.environment,
    }
    started, clock = time.time(), time.monotonic()
    kept = KeptOutput()
    with starter.joining(group, command) as (argv, executable), limits.usual():
        child = process.start(
            argv,
            stdin=bool(step.stdin),
            errors_too=True,
            environment=variables,
            directory=None if place.enter else work,
            executable=executable,
        )
    returncode = _supervise(child, step, group, kept, listen)
    duration_s = time.monotonic() - clock
    outcome, reason = judge(step, returncode)
    return StepResult(
        name=step.name,
        phase=step.phase,
        script=step.script,
        result=step.result,
        outcome=outcome,
        reason=reason,
        exit_code=returncode if returncode is not None and returncode >= 0 else None,
        signal=-returncode if returncode is not None and returncode < 0 else None,
        started=started,
        duration_s=duration_s,
        output=kept.content(),
        output_bytes=kept.total,
    )


def not_run(step: Step, outcome: Outcome, reason: str) -> StepResult:
    """The result of a step whose script never started."""
    return StepResult(
        name=step.name,
        phase=step.phase,
        script=step.script,
        result=step.result,
        outcome=outcome,
        reason=reason,
        exit_code=None,
        signal=None,
        started=time.time(),
        duration_s=0.0,
        output=b"",
        output_bytes=0,
    )


def judge(step: Step, returncode: int | None) -> tuple[Outcome, str]:
    """Outcome and reason of a return code (negative: signal; None: it ran out of time)."""
    if returncode == step.exit:
        if step.result is Respect.XFAIL:
            return Outcome.XPASS, "it passed, but the recipe says that it fails (result: xfail)"
        return Outcome.PASSED, ""
    if returncode is None:
        reason = f"it ran longer than {step.duration_s:g} s and was killed"
    else:
        reason = f"{process.describe_returncode(returncode)} instead of exit code {step.exit}"
    if step.result is Respect.XFAIL:
        return Outcome.XFAIL, reason
    if step.result is Respect.INFO:
        return Outcome.INFO, reason
    return (Outcome.TIMEOUT if returncode is None else Outcome.FAILED), reason


def _supervise(child: process.Child, step: Step, group: Path, kept: KeptOutput, listen: Listener) -> int | None:
    """The return code of the step's command, or None if its time ran out."""
    assert child.stdout is not None
    if child.stdin is not None:
        threading.Thread(target=_feed, args=(child, step.stdin), daemon=True).start()
    try:
        in_time = _follow(child, step.duration_s, kept, listen)
        if not in_time:
            cgroup.kill(group)
        returncode = child.wait()
    except BaseException:
        cgroup.kill(group)
        child.wait()
        raise
    # A daemon may hold the pipe and must not be killed by SIGPIPE: keep reading until it ends.
    threading.Thread(target=_drain, args=(child,), daemon=True).start()
    return returncode if in_time else None


def _follow(child: process.Child, limit_s: float, kept: KeptOutput, listen: Listener) -> bool:
    """Read the output until the command has ended and its output is read; False if its time ran out."""
    assert child.stdout is not None
    deadline = time.monotonic() + limit_s
    has_ended = False
    ended = os.pidfd_open(child.pid)
    output = child.stdout.fileno()
    with selectors.DefaultSelector() as selector:
        try:
            selector.register(ended, selectors.EVENT_READ)
            selector.register(output, selectors.EVENT_READ)
            while True:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    return has_ended
                ready = {key.fd for key, _ in selector.select(remaining)}
                if ended in ready and not has_ended:
                    has_ended = True  # what a daemon goes on to write is not waited for
                    deadline = time.monotonic() + OUTPUT_GRACE_S
                if output in ready:
                    chunk = os.read(output, 1 << 16)
                    if not chunk:
                        selector.unregister(output)
                    kept.add(chunk)
                    listen(chunk)
                elif has_ended:
                    return True
        finally:
            os.close(ended)


def _drain(child: process.Child) -> None:
    assert child.stdout is not None
    with child.stdout as output:
        while output.read(1 << 16):
            pass


def _feed(child: process.Child, text: str) -> None:
    assert child.stdin is not None
    try:
        child.stdin.write(text.encode())
        child.stdin.close()
    except BrokenPipeError:
        pass  # the script doesn't want to read all of it


def _user(place: Place, name: str) -> pwd.struct_passwd | None:
    """The account as the place's own passwd file knows it."""
    for line in place.path("/etc/passwd").read_text(errors="replace").splitlines():
        fields = line.split(":")
        if len(fields) == 7 and fields[0] == name:
            return pwd.struct_passwd((*fields[:2], int(fields[2]), int(fields[3]), *fields[4:]))
    return None


def _as_user(user: pwd.struct_passwd) -> tuple[str, ...]:
    if user.pw_uid == 0:
        return ()
    return ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups", "--")

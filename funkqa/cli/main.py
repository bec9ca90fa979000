"""The program: verbs, and how faults and signals become exit codes."""

import importlib
import os
import signal
import sys
from contextlib import suppress
from types import FrameType

import click
from click.shell_completion import CompletionItem
from click.utils import PacifyFlushWrapper

import funkqa
from funkqa.cli import streams
from funkqa.model.errors import ExitCode, FunkqaError, Interrupted

VERBS = {
    "changed": "Which functions did an update change, and did a run execute them?",
    "check": "Check recipes; every error is told at once.",
    "compare": "Compare a new result with earlier ones: which functions were lost?",
    "doctor": "Say whether this host can measure, and what to do if it can't.",
    "functions": "List the functions of packages and ELF files.",
    "init": "Draft a recipe for a package.",
    "mark": "Begin a step of a session.",
    "merge": "Merge results of several runs of one recipe on one build.",
    "plan": "Show what would be probed, what is skipped, and why.",
    "recipes": "List the installed recipes, which can be named like packages.",
    "release": "Show on one page how all packages of a release stand.",
    "report": "Render reports from a result file.",
    "restore": "Remove what a killed run left behind.",
    "run": "Run recipes, measure their packages and report.",
    "schedule": "Split recipes into jobs for openQA.",
    "schema": "Print the JSON schema of recipes and reports.",
    "start": "Measure packages in the background, whoever runs them.",
    "status": "Say which sessions measure, and how far they are.",
    "stop": "End a session and report.",
    "trace": "Measure one command on the running system.",
    "wait": "Wait until a session is over.",
}
"""Verb to summary. Its module in this folder is imported only when it is used, so that --help is quick."""

EPILOG = """\b
Completion of commands, options and files in your shell:
  bash  eval "$(_FUNKQA_COMPLETE=bash_source funkqa)"    in ~/.bashrc
  zsh   eval "$(_FUNKQA_COMPLETE=zsh_source funkqa)"     in ~/.zshrc
  fish  _FUNKQA_COMPLETE=fish_source funkqa | source     in config.fish
"""


USAGE_CODES = {"trace": 125}
"""trace has the codes of env(1), since all others are the command's."""


class Verbs(click.Group):
    """A group that imports a verb's module when the verb is used."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(VERBS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        command = importlib.import_module(f"funkqa.cli.{name}").command
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, context: click.Context, incomplete: str) -> list[CompletionItem]:
        """Verbs without importing them."""
        verbs = [CompletionItem(name, help=VERBS[name]) for name in VERBS if name.startswith(incomplete)]
        return verbs + click.Command.shell_complete(self, context, incomplete)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, VERBS[name]) for name in self.list_commands(context)])


@click.group(cls=Verbs, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(funkqa.__version__, prog_name="funkqa")
def program() -> None:
    """Which functions of an installed RPM package do its tests run?

    funkqa measures the shipped binaries: it installs a package with its debuginfo, probes every function with
    eBPF, runs a recipe, and reports. No rebuild, no change to the package's files.
    """


def run() -> None:
    """Entry point. Every fault ends as one message on stderr and an exit code."""
    streams.fill_closed()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup(1)
            signal.signal(number, _interrupt)
    try:
        code = program.main(prog_name="funkqa", standalone_mode=False)
    except click.exceptions.Exit as exit_:
        code = exit_.exit_code
    except click.ClickException as error:
        error.show()
        verb = getattr(getattr(error, "ctx", None), "info_name", "")
        code = USAGE_CODES.get(str(verb), ExitCode.USAGE)
    except FunkqaError as error:
        complain(error)
        code = error.exit_code
    except Interrupted as interrupted:
        click.echo(f"funkqa: interrupted; {interrupted.outcome}", err=True)
        code = 128 + interrupted.signal_number
    except BrokenPipeError:  # whoever read the output has gone
        streams.discard_unwritten()
        code = 128 + signal.SIGPIPE
    except SystemExit as left:  # click exits by itself for the same reason, or after a shell's completion
        code = 128 + signal.SIGPIPE if type(sys.stdout) is PacifyFlushWrapper else left.code
    except OSError as error:
        if os.environ.get("FUNKQA_TRACEBACK"):
            raise
        complain(streams.fault(error))
        code = ExitCode.UNMEASURABLE
    except Exception as error:
        if os.environ.get("FUNKQA_TRACEBACK"):
            raise
        complain(
            FunkqaError(
                f"this is a bug in funkqa: {type(error).__name__}: {error}",
                hint="set FUNKQA_TRACEBACK=1, run again, and report what it prints",
            )
        )
        code = ExitCode.UNMEASURABLE
    raise SystemExit(code)


def complain(error: FunkqaError, recipe: str = "") -> None:
    """Print a fault as users see it; ``recipe`` says which of several it is about."""
    with suppress(OSError):  # the exit code tells it all the same
        click.echo(f"funkqa: {recipe}: {error}" if recipe else f"funkqa: {error}", err=True)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    """The first signal undoes; later ones would only disturb that."""
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise Interrupted(number)

"""rpm alone: packages that somebody built, from files, without any repository."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from funkqa.model.errors import CommandFailed, PackageError
from funkqa.model.place import RUNNING_SYSTEM, Place
from funkqa.model.units import BuildId
from funkqa.packages import locking, reasons, rpmdb
from funkqa.packages.rpmfiles import RpmFile
from funkqa.system import process


@dataclass(frozen=True, slots=True)
class Rpm:
    """rpm in a place, and the files it installs; ``home`` (inside) carries the rpm macros that the place needs."""

    place: Place
    files: tuple[RpmFile, ...]
    home: Path
    name: str = "rpm"

    def install(self, names: Sequence[str]) -> tuple[str, ...]:
        """Install all but debuginfo. Raises PackageError for a name that neither a file nor the system has."""
        wanted = [file for file in self.files if not file.build_ids]
        given = {name for file in wanted for name in (file.nevra.name, *file.provides)}
        if absent := rpmdb.unprovided(self.place.root, [name for name in names if name not in given]):
            raise PackageError(
                f"not installed, and in no file of --rpm: {', '.join(absent)}",
                where=", ".join(str(file.nevra) for file in wanted),
                hint="name the files too: " + " ".join(f"--rpm {name}-VERSION.rpm" for name in absent),
            )
        return self._install(wanted, ())

    def install_debuginfo(self, build_ids: Sequence[BuildId]) -> tuple[str, ...]:
        """Install the files with debug files of these builds, and others of their sources for shared dwz data."""
        wanted = self._with_debug_files(build_ids)
        others = [str(file.nevra) for file in self.files if file.build_ids and file not in wanted]
        unused = (f"without a debug file of what is measured: {', '.join(others)}",) if others else ()
        # They need each other's dwz data only; what is missing of that is seen when it is looked for.
        return (*self._install(wanted, ("--nodeps",)), *unused)

    def download_debuginfo(self, build_ids: Sequence[BuildId], into: Path) -> list[Path]:
        folder = self.place.path(str(into))
        folder.mkdir(parents=True, exist_ok=True)
        # Copies: what is downloaded may be removed, files of the command line may not.
        return [
            Path(shutil.copy(self.place.path(file.path), folder)) for file in self._with_debug_files(build_ids)
        ]

    def install_optional(self, capabilities: Sequence[str]) -> tuple[str, ...]:
        """Nothing: ``install`` has installed all files but debuginfo."""
        return ()

    def offered(self, names: Sequence[str]) -> tuple[str, ...]:
        return tuple(str(file.nevra) for file in self.files if file.nevra.name in names)

    def _with_debug_files(self, build_ids: Sequence[BuildId]) -> list[RpmFile]:
        named = [file for file in self.files if file.build_ids]
        sources = {file.source_rpm for file in named if file.build_ids & set(build_ids)}
        return [file for file in named if file.source_rpm in sources]

    def _install(self, files: Sequence[RpmFile], extra: Sequence[str]) -> tuple[str, ...]:
        there = rpmdb.header_digests(self.place.root)
        new = [file for file in files if file.digest not in there]
        if not new:
            return ()
        locking.await_unlocked(self.place, (rpmdb.lock(self.place.root),))
        # A file that somebody names is what is measured, also in place of the same version built before.
        command = ["rpm", "--upgrade", "--nosignature", "--replacepkgs", *extra]
        if self.place != RUNNING_SYSTEM:
            command.append("--oldpackage")
        try:
            done = process.run(
                [*command, "--", *(file.path for file in new)],
                enter=self.place.enter_with_network,
                environment={"HOME": str(self.home), "TMPDIR": str(self.home)},
                timeout_s=3600,
            )
        except CommandFailed as error:
            failed = reasons.harmless_scriptlets(error.output)
            if failed and failed.keys() <= {str(nevra) for nevra in rpmdb.installed(self.place.root)}:
                return (f"installed, but {reasons.sentence(failed.values())}",)
            raise self._refused(error, new) from error
        failures = reasons.failed_scriptlets(done.stderr + done.stdout)
        return (f"installed, but {failures}",) if failures else ()

    def _refused(self, error: CommandFailed, files: Sequence[RpmFile]) -> PackageError:
        packages = ", ".join(str(file.nevra) for file in files)
        if missing := reasons.missing_dependencies(error.output):
            needs = "; ".join(f"{whom} needs {', '.join(what)}" for whom, what in missing.items())
            return PackageError(
                f"rpm can't install {packages}: {needs}",
                hint="name the files of the packages that provide this with --rpm too; "
                "or let a repository bring them: createrepo_c DIR, then --repo DIR in place of --rpm",
            )
        why = reasons.of_rpm(error.output) or error.message
        newer = "which is newer than" in error.output
        return PackageError(
            f"rpm can't install {packages}: {why}",
            hint="go back to the older version yourself: rpm --upgrade --oldpackage FILE; "
            "or measure in a throw-away root: leave out --no-sandbox"
            if newer
            else "",
        )

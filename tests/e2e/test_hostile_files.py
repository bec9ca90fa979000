"""A package whose files are no longer what it brought: each is told with a reason, the good ones are measured."""

from pathlib import Path

from funkqa.store.reader import read_result
from tests.compiling import compile_c
from tests.e2e import rpms
from tests.e2e.running import Funkqa

SOURCE = """
static __attribute__((noinline)) int work(int n) { return n * 3; }
int main(int n, char **arguments) { return arguments && work(n) == 7; }
"""
NAMES = ("fifo", "device", "directory", "dangling", "looping", "cut", "sparse", "zeros", "gone")
POST = """
cd /opt/hostile
rm fifo device directory dangling looping gone
mkfifo fifo
mknod device c 1 5
mkdir directory
ln -s /nowhere dangling
ln -s looping looping
truncate -s 200 cut
truncate -s 100 sparse
truncate -s 4G sparse
truncate -s 0 zeros
truncate -s 4G zeros
truncate -s 4G bin/holes
"""


def test_each_bad_file_has_a_reason_and_the_good_ones_are_measured(funkqa: Funkqa, tmp_path: Path) -> None:
    program = compile_c(tmp_path / "program", SOURCE, "-Wl,--build-id")
    files = {f"/opt/hostile/{name}": program for name in (*NAMES, "bin/good", "bin/holes", "libexec/helper")}
    rpms.package(tmp_path / "own", "hostile", files, post=POST)
    recipe = funkqa.recipe(
        "hostile", "component: hostile\nexecute: [/opt/hostile/bin/good, /opt/hostile/bin/holes]\n"
    )
    done = funkqa.run(recipe, "--repo", str(rpms.index(tmp_path / "own")))
    assert done.returncode == 0, done.stdout + done.stderr
    measured = read_result(Path(funkqa.result(recipe)))
    assert {image.path: image.role.value for image in measured.images} == {
        "/opt/hostile/bin/good": "program",
        "/opt/hostile/bin/holes": "program",
        "/opt/hostile/libexec/helper": "helper",
    }
    reasons = {each.path.removeprefix("/opt/hostile/"): each.reason for each in measured.unmeasured}
    # Nothing tells that the file of zeros was an ELF file.
    assert reasons.keys() == set(NAMES) - {"zeros"}
    brought = "not the file that the package brought"
    assert reasons["fifo"] == f"it is a FIFO, {brought}"
    assert reasons["device"] == f"it is a device, {brought}"
    assert reasons["directory"] == f"it is a directory, {brought}"
    assert reasons["dangling"] == reasons["looping"] == f"it is a symbolic link, {brought}"
    assert reasons["gone"] == "it isn't there: No such file or directory"
    assert reasons["cut"].startswith("not a well-formed ELF file")
    assert reasons["sparse"]

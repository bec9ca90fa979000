"""Who runs a program with a shim is in scope and logged, wherever it is started, and all that it starts."""

from collections import Counter
from collections.abc import Iterator

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import State
from funkqa.model.measurement import Measurement
from tests.e2e import shimhost, traced
from tests.e2e.shimhost import ShimHost

WAYS = {
    "su": 'su -s /bin/sh nobody -c "$0"',
    "setsid": 'setsid --wait "$0"',
    "nohup daemon": '(nohup setsid sh -c "sleep 0.3; $0; echo >$0.done" >/dev/null 2>&1 &) ; '
    "until test -e $0.done; do sleep 0.05; done",
    "a mount namespace": 'unshare --mount "$0"',
    "mount and PID namespaces in each other": "unshare --mount --pid --fork unshare --mount --pid --fork"
    ' --mount-proc "$0"',
    "a user namespace": 'setpriv --reuid=65534 --clear-groups unshare --user --map-root-user "$0"',
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShimHost]:
    with shimhost.opened(tmp_path_factory.mktemp("scope")) as opened:
        traced.build(opened.folder / "prog", "setuid.c", options="-g -O1")
        yield opened


def covered(measurement: Measurement) -> set[str]:
    images = cover(measurement).images
    return {each.function.name for image in images for each in image.functions if each.state is State.COVERED}


@pytest.mark.parametrize("way", WAYS)
def test_a_program_is_in_scope_and_logged_however_it_is_started(host: ShimHost, way: str) -> None:
    program = host.folder / "prog"
    host.start("--shim", program)
    host.shell('exec sh -c "$1" "$2"', WAYS[way], program)
    measurement = host.stop()
    assert "main" in covered(measurement)
    assert [(each.path, each.arguments[0]) for each in measurement.executions] == [(str(program), str(program))]
    assert measurement.complete


def test_a_thousand_starts_by_eight_processes_at_once_are_all_in_scope_and_logged(host: ShimHost) -> None:
    program = host.folder / "prog"
    host.start("--shim", program)
    loop = 'for p in 1 2 3 4 5 6 7 8; do (for n in $(seq 125); do "$1" || echo failed; done) & done; wait'
    assert Counter(host.shell(loop, program).splitlines()) == {"0 1": 1000}
    measurement = host.stop()
    assert len(measurement.executions) == 1000
    assert {each.path for each in measurement.executions} == {str(program)}
    assert measurement.statistics["executions_lost"] == 0
    assert measurement.statistics["traps_out_of_scope"] == 0
    assert measurement.complete

"""A session around a test module that knows nothing of funkqa, run by a real isotovideo."""

from pathlib import Path

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import State
from funkqa.store.reader import read_result
from tests.e2e import isotovideo, own_packages

pytestmark = pytest.mark.openqa

EXISTING = """
# Summary: A test module as there are many; it needs to know nothing of a session, and may mark its parts
use Mojo::Base 'opensusebasetest', -signatures;
use testapi;
use funkqa 'funkqa_mark';
sub run ($self) {
    assert_script_run('seq 99 | bzip2 >/tmp/numbers.bz2');
    funkqa_mark('decompression');
    assert_script_run('bzip2 -d </tmp/numbers.bz2 >/dev/null');
}
1;
"""


@pytest.fixture(scope="module")
def own(measurable_host: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own_packages.repository(tmp_path_factory.mktemp("own") / "repository")


def test_a_session_measures_what_existing_modules_enter(
    openqa_root: None, repository: Path, own: Path, tmp_path: Path
) -> None:
    variables = {
        "YAML_SCHEDULE": "schedule/coverage/funkqa_session.yaml",
        "FUNKQA_SESSION": "bzip2",
        "FUNKQA_SESSION_NAME": "console",
    }
    done = isotovideo.job(tmp_path, repository, own, variables, files={"tests/console/tar.pm": EXISTING})
    assert done.results() == {
        "boot_to_desktop": "ok",
        "funkqa_setup": "ok",
        "funkqa_session_start": "ok",
        "tar": "ok",
        "funkqa_session_stop": "ok",
        "funkqa_console": "ok",
        "funkqa_report": "ok",
    }
    shown = {step["title"]: step["result"] for step in done.result("funkqa_console")["details"]}
    assert (shown["run: start"], shown["run: decompression"]) == ("ok", "ok")
    (result,) = (path for name, path in done.uploads().items() if name.endswith(".funkqa"))
    found = {
        function.function.name: function.state
        for image in cover(read_result(result)).images
        if image.image.path == "/usr/bin/bzip2"
        for function in image.functions
    }
    assert (found["main"], found["compress"], found["uncompress"]) == (State.COVERED,) * 3
    assert found["testf"] is State.MISSING

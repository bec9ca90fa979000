from dataclasses import replace

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import Coverage
from funkqa.model.measurement import Execution
from funkqa.report.html.programs import log, never_run
from tests.examples import functions, image, measurement


def execution(
    path: str, package: str = "", *, measured: bool = False, arguments: tuple[str, ...] = ()
) -> Execution:
    return Execution(0, 7, 1, 0, 1777593600.5, path, arguments, package, measured)


def covered(*executions: Execution) -> Coverage:
    images = [
        image("/usr/bin/bzip2", functions("main"), links=["/usr/bin/bzcat"]),
        image("/usr/bin/bzip2recover", functions("main"), build_id="cd"),
    ]
    return cover(replace(measurement(images, hits={}), executions=executions))


def test_a_program_that_was_started_by_its_other_name_did_run() -> None:
    idle = never_run(covered(execution("/usr/bin/bzcat", "bzip2", measured=True)))
    assert [each.path for each in idle] == ["/usr/bin/bzip2recover"]


def test_a_program_of_which_a_function_was_entered_did_run() -> None:
    run = measurement([image("/usr/bin/bzip2", functions("main"))], hits={(0, 0): [0]})
    assert never_run(cover(run)) == ()


def test_without_a_record_of_executions_a_program_ran_if_a_function_of_it_did() -> None:
    images = [image("/usr/bin/a", functions("main")), image("/usr/bin/b", functions("main"), build_id="cd")]
    assert [each.path for each in never_run(cover(measurement(images, hits={(0, 0): [0]})))] == ["/usr/bin/b"]


def test_the_log_has_commands_as_a_shell_takes_them_and_times_since_the_start() -> None:
    written = log([execution("/bin/sh", arguments=("sh", "-c", "a b"))], 1777593600.0)
    assert written["commands"] == ["sh -c 'a b'"]
    assert written["rows"]["after_ms"] == (500,)
    assert log([], 0.0)["rows"] == {}

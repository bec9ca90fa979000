"""What a step may do and how it may end."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import Coverage, FunctionCoverage, State
from funkqa.model.measurement import Outcome, StepResult
from funkqa.store.reader import read_result
from tests.e2e import host
from tests.e2e.running import Funkqa

Items = Sequence[str | Mapping[str, object]]
MEASURED = "bzip2 --help"
"""The last step of every recipe here: a run that enters no function at all never passes."""


def coverage(
    funkqa: Funkqa, execute: Items, *, prepare: Items = (), finish: Items = (), code: int = 0
) -> Coverage:
    """Run the steps on bzip2; funkqa ends with ``code`` and leaves no process."""
    phases = {"prepare": [*prepare], "execute": [*execute, MEASURED], "finish": [*finish]}
    packages = {"component": "bzip2", "also": "libbz2-1"}
    recipe = funkqa.recipe("steps", yaml.safe_dump(packages | phases, sort_keys=False))
    done = funkqa.run(recipe)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert host.processes_left(funkqa.marker) == []
    return cover(read_result(Path(funkqa.result(recipe))))


def steps(
    funkqa: Funkqa, execute: Items, *, prepare: Items = (), finish: Items = (), code: int = 0
) -> tuple[StepResult, ...]:
    """The results of the steps, without MEASURED's."""
    found = coverage(funkqa, execute, prepare=prepare, finish=finish, code=code).steps
    return tuple(step for step in found if step.script.strip() != MEASURED)


def functions(found: Coverage) -> Mapping[tuple[str, str], FunctionCoverage]:
    """By path and name."""
    return {(image.image.path, f.function.name): f for image in found.images for f in image.functions}


BZIP2, LIBRARY = "/usr/bin/bzip2", "/usr/lib64/libbz2.so.1.0.8"


def outcomes(found: Sequence[StepResult]) -> list[str]:
    return [step.outcome.value for step in found]


def test_an_exit_code_is_what_the_recipe_says_it_is(funkqa: Funkqa) -> None:
    wanted: Items = [{"script": "exit 3", "exit": 3}, {"script": "true", "exit": 3}, "false | true"]
    as_said, otherwise, piped = steps(funkqa, wanted, code=1)
    assert (as_said.outcome, as_said.exit_code) == (Outcome.PASSED, 3)
    assert (otherwise.outcome, otherwise.exit_code) == (Outcome.FAILED, 0)
    assert "exit code 0 instead of exit code 3" in otherwise.reason
    assert piped.outcome is Outcome.FAILED


def test_steps_that_are_known_to_fail_or_only_tell_something_pass(funkqa: Funkqa) -> None:
    wanted = [{"script": "false", "result": "xfail"}, {"script": "false", "result": "info"}]
    assert outcomes(steps(funkqa, wanted)) == ["xfail", "info"]


def test_a_step_that_passes_although_it_is_known_to_fail_is_a_finding(funkqa: Funkqa) -> None:
    assert outcomes(steps(funkqa, [{"script": "true", "result": "xfail"}], code=1)) == ["xpass"]


def test_a_time_out_kills_the_whole_tree(funkqa: Funkqa) -> None:
    forks = "setsid -f sleep 1111; (trap '' TERM INT HUP; sleep 1111; sleep 1111) & echo before; sleep 1111"
    none_left = "if grep -as 'slee[p]' /proc/[0-9]*/cmdline; then exit 1; fi"  # a zombie has none
    slow, after = steps(funkqa, [{"script": forks, "duration": "1s"}, none_left], code=1)
    assert (slow.outcome, slow.exit_code, slow.signal) == (Outcome.TIMEOUT, None, None)
    assert slow.output == b"before\n"
    assert 1.0 <= slow.duration_s < 3.0
    assert "longer than 1 s" in slow.reason
    assert after.outcome is Outcome.PASSED, after.output


def test_death_by_a_signal_is_told_as_such(funkqa: Funkqa) -> None:
    segv, kill, child = steps(funkqa, ["kill -SEGV $$", "kill -KILL $$", "sleep 1111 & kill $!; wait $!"], code=1)
    assert (segv.outcome, segv.signal, segv.exit_code) == (Outcome.FAILED, 11, None)
    assert "SIGSEGV" in segv.reason
    assert (kill.outcome, kill.signal) == (Outcome.FAILED, 9)
    assert child.exit_code == 143


def test_a_step_that_kills_all_it_can_see_ends_no_other_step(funkqa: Funkqa) -> None:
    found = steps(funkqa, ["sleep 1111 & kill -9 -1; echo alone", "kill -9 1; echo still there"])
    assert outcomes(found) == ["passed", "passed"]


def test_a_daemon_lives_until_finish_is_over(funkqa: Funkqa) -> None:
    alive = "kill -0 $(cat daemon)"
    found = steps(funkqa, [alive, alive], prepare=["setsid sleep 1111 & echo $! >daemon"], finish=[alive])
    assert outcomes(found) == ["passed"] * 4
    assert all(step.duration_s < 2 for step in found)


def test_a_daemon_that_writes_for_ever_holds_nobody_up_and_gets_no_sigpipe(funkqa: Funkqa) -> None:
    found = steps(
        funkqa,
        [
            "yes noise & echo $! >fast; sleep 0.1; echo done",
            "sleep 0.3; kill -0 $(cat fast)",
            "(while sleep 0.05; do echo tick || exit; done) & echo $! >slow",
            "sleep 0.3; kill -0 $(cat fast); kill -0 $(cat slow)",
        ],
    )
    assert outcomes(found) == ["passed"] * 4
    assert all(step.duration_s < 3 for step in found)


def test_what_a_daemon_runs_counts_for_the_step_during_which_it_ran(funkqa: Funkqa) -> None:
    daemon = "(while ! test -e go; do sleep 0.01; done; echo | bzip2 >packed; touch done) &"
    found = functions(coverage(funkqa, [daemon, "touch go; while ! test -e done; do sleep 0.01; done"]))
    assert found[LIBRARY, "BZ2_bzCompress"].steps == (1,)


def test_standard_input_is_the_text_of_the_recipe_or_empty(funkqa: Funkqa) -> None:
    long = "x" * 300_000
    found = steps(
        funkqa,
        [
            {"script": 'cat; test -z "$(cat)"', "stdin": "one\ntwo\n"},
            'test -z "$(cat)"',
            {"script": "wc -c", "stdin": long},
            {"script": "true", "stdin": long},
        ],
    )
    assert outcomes(found) == ["passed"] * 4
    assert found[0].output == b"one\ntwo\n"
    assert found[2].output == b"300000\n"


def test_a_step_of_another_user_has_that_users_rights_and_counts(funkqa: Funkqa) -> None:
    script = """\
        test "$(id -un):$(id -Gn):$USER:$LOGNAME" = nobody:nogroup:nobody:nobody
        if touch /etc/mine; then exit 1; fi
        echo text >mine
        bzip2 mine
        stat -c %U mine.bz2
        """
    found = coverage(funkqa, [{"script": script, "user": "nobody"}])
    assert found.steps[0].outcome is Outcome.PASSED, found.steps[0].output
    assert found.steps[0].output.endswith(b"nobody\n")
    assert functions(found)[LIBRARY, "BZ2_bzCompress"].steps == (0,)


def test_a_user_who_does_not_exist_fails_that_step_alone(funkqa: Funkqa) -> None:
    found = steps(funkqa, [{"script": "true", "user": "nobody-at-all"}, "true"], code=1)
    assert outcomes(found) == ["failed", "passed"]
    assert "no user 'nobody-at-all'" in found[0].reason


def test_the_environment_is_that_of_the_recipe_and_nothing_of_the_caller(funkqa: Funkqa) -> None:
    own = {"LC_ALL": "C", "OWN": "$HOME", "FUNKQA_TEST_MARKER": "other"}
    (found,) = steps(funkqa, [{"script": "env", "environment": own}])
    variables = dict(line.split("=", 1) for line in found.output.decode().splitlines())
    assert own.items() <= variables.items()
    assert variables["HOME"] == "/root"
    names = "PATH HOME USER LOGNAME SHELL LC_ALL OWN FUNKQA_TEST_MARKER PWD OLDPWD SHLVL _"
    assert set(variables) <= set(names.split())


def test_the_steps_share_a_directory_that_is_empty_at_first(funkqa: Funkqa) -> None:
    found = steps(funkqa, ['test -z "$(ls -A)"; pwd >here', 'test "$(cat here)" = "$PWD"'])
    assert outcomes(found) == ["passed", "passed"]


def test_fifty_megabytes_of_output_are_counted_and_cut_in_the_middle(funkqa: Funkqa) -> None:
    (found,) = steps(funkqa, ["echo begin; head -c 50000000 /dev/zero; echo end >&2"])
    assert found.outcome is Outcome.PASSED
    assert found.output_bytes == 50_000_010
    assert len(found.output) < 300_000
    assert found.output.startswith(b"begin\n\0")
    assert found.output.endswith(b"\0end\n")
    assert b"bytes left out]" in found.output


def test_a_step_that_closes_its_output_is_waited_for(funkqa: Funkqa) -> None:
    (found,) = steps(funkqa, [{"script": "exec >&- 2>&- <&-; sleep 0.5; exit 4", "exit": 4}])
    assert (found.outcome, found.exit_code) == (Outcome.PASSED, 4)
    assert found.duration_s >= 0.5


def test_output_that_is_not_text_is_kept_as_it_is(funkqa: Funkqa) -> None:
    (found,) = steps(funkqa, [r"printf '\377\000\033[31m\200'"])
    assert found.output == b"\xff\x00\x1b[31m\x80"


def test_a_failing_prepare_skips_execute_but_not_finish(funkqa: Funkqa) -> None:
    found = steps(funkqa, ["true"], prepare=["false", "touch second"], finish=["test -e second"], code=3)
    assert outcomes(found) == ["failed", "passed", "skipped", "passed"]
    assert "prepare failed" in found[2].reason


def test_what_only_prepare_and_finish_run_is_incidental(funkqa: Funkqa) -> None:
    found = functions(coverage(funkqa, [], prepare=["seq 9 | bzip2 >packed.bz2"], finish=["bunzip2 packed.bz2"]))
    main = found[BZIP2, "main"]
    assert (main.state, main.steps, main.incidental) == (State.COVERED, (1,), False)
    for name in ("BZ2_bzCompress", "BZ2_decompress"):
        function = found[LIBRARY, name]
        assert (function.state, function.steps, function.incidental) == (State.MISSING, (), True)


def test_a_step_sees_only_the_loopback_interface_and_may_use_it(funkqa: Funkqa) -> None:
    connect = (
        "import socket as s; server = s.create_server(('127.0.0.1', 0)); s.create_connection(server.getsockname())"
    )
    found = steps(funkqa, ["ls /sys/class/net", f'python3 -c "{connect}"'])
    assert outcomes(found) == ["passed", "passed"], found[1].output
    assert found[0].output == b"lo\n"

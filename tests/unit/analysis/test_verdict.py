from fractions import Fraction

import pytest

from funkqa.analysis.coverage import cover
from funkqa.analysis.verdict import percentage
from funkqa.model.coverage import Verdict
from funkqa.model.measurement import Measurement, Outcome
from funkqa.model.plan import DebugFileStatus, Unmeasured
from funkqa.model.recipe import Measure, Phase
from tests.examples import functions, image, measurement, skipped, step


def judged(run: Measurement) -> tuple[Verdict, tuple[str, ...]]:
    coverage = cover(run)
    return coverage.verdict, coverage.findings


def test_a_run_without_findings_passes() -> None:
    assert judged(measurement()) == (Verdict.PASSED, ())


def test_an_unmeasured_file_alone_fails_nothing() -> None:
    assert judged(measurement(unmeasured=[Unmeasured("bzip2", "/usr/bin/x", "no build ID")]))[0] is Verdict.PASSED


def test_a_finding_is_one_line_in_which_control_characters_are_not_lost() -> None:
    run = measurement(steps=[step("base"), step("other", Outcome.FAILED, reason="a\n b\x1c\x1f\x85\u2028c")])
    assert judged(run)[1] == ("step other: failed: a b\x1c\x1f\x85\u2028c",)


def test_nothing_is_measured_without_a_probed_function() -> None:
    verdict, findings = judged(measurement([image(functions=[skipped("main")])]))
    assert verdict is Verdict.NOTHING
    assert findings[0] == "nothing was measured: no function has a probe"


def test_nothing_is_measured_if_no_execute_step_ran() -> None:
    steps = [
        step("setup", Outcome.FAILED, phase=Phase.PREPARE, reason="exited 1, not 0"),
        step("run", Outcome.SKIPPED, exit_code=None),
    ]
    assert judged(measurement(steps=steps)) == (
        Verdict.NOTHING,
        (
            "nothing was measured: no execute step ran",
            "step setup: failed: exited 1, not 0",
            "step run: skipped",
        ),
    )


def test_nothing_is_measured_if_execute_entered_no_function() -> None:
    steps = [step("setup", phase=Phase.PREPARE), step("run")]
    assert judged(measurement(steps=steps, hits={(0, 0): [0]})) == (
        Verdict.NOTHING,
        ("nothing was measured: the execute steps entered none of 2 probed functions",),
    )


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_step_fails_the_run_unless_its_outcome_is_good(outcome: Outcome) -> None:
    run = measurement(steps=[step("base"), step("other", outcome, reason="why")])
    if outcome.good:
        assert judged(run) == (Verdict.PASSED, ())
    else:
        assert judged(run) == (Verdict.FAILED, (f"step other: {outcome.value}: why",))


def test_a_fault_of_the_measuring_fails_the_run() -> None:
    assert judged(measurement(faults=["2 records\nlost"])) == (Verdict.FAILED, ("2 records lost",))


def test_a_run_that_died_fails_and_says_where() -> None:
    finding = "the run died after step 1 (roundtrip): what came later is not in the result"
    assert judged(measurement(complete=False)) == (Verdict.FAILED, (finding,))


def test_expected_functions_that_are_missing_or_unknown_fail_the_run() -> None:
    assert judged(measurement(measure=Measure(expect=("main", "usage", "nowhere")))) == (
        Verdict.FAILED,
        (
            "expected function usage: no execute step entered it",
            "expected function nowhere: no image has a function of this name",
        ),
    )


def test_the_minimum_is_compared_exactly() -> None:
    thirds = [image(functions=functions("a", "b", "c"))]
    exact = measurement(thirds, hits={(0, 0): [0, 1]}, measure=Measure(minimum=Fraction(2, 3)))
    assert judged(exact)[0] is Verdict.PASSED
    above = measurement(thirds, hits={(0, 0): [0, 1]}, measure=Measure(minimum=Fraction(66667, 100000)))
    assert judged(above) == (
        Verdict.FAILED,
        ("2/3 functions 66.7% is below the minimum of 66.667%, which takes 3 functions",),
    )


def test_more_skipped_functions_than_allowed_fail_the_run() -> None:
    inventory = [image(functions=[*functions("a", "b", "c"), skipped("d")])]
    assert judged(measurement(inventory, measure=Measure(skipped=Fraction(1, 4))))[0] is Verdict.PASSED
    assert judged(measurement(inventory, measure=Measure(skipped=Fraction(6, 25)))) == (
        Verdict.FAILED,
        ("1 of 4 functions have no probe, more than the 24% that the recipe allows",),
    )


@pytest.mark.parametrize(
    ("part", "text"),
    [(Fraction(3, 5), "60%"), (Fraction(1), "100%"), (Fraction(1, 3), "33.333%"), (Fraction(0), "0%")],
)
def test_a_limit_is_printed_as_the_recipe_writes_it(part: Fraction, text: str) -> None:
    assert percentage(part) == text


def test_debuginfo_that_nobody_was_asked_for_is_told_with_the_option_that_said_so() -> None:
    run = measurement(
        [image(functions=functions("main"), debug=DebugFileStatus.DYNSYM_ONLY)],
        environment={"backend": "zypper", "debuginfo": "off"},
    )
    (finding,) = (each for each in judged(run)[1] if "debuginfo" in each)
    assert finding.endswith("no repository was asked for 'debuginfo(build-id) = ab12': leave --debuginfo off out")


def test_an_image_with_debuginfo_of_another_build_is_told_once() -> None:
    images = [
        image(path, functions("main"), debug=DebugFileStatus.DYNSYM_ONLY) for path in ("/usr/bin/a", "/usr/bin/b")
    ]
    skew = "/usr/bin/a: bzip2-1-1.x86_64 needs debuginfo of its own build, but bzip2-debuginfo-2-1.x86_64 is"
    findings = judged(measurement(images, faults=[skew]))[1]
    assert [each.split(":")[0] for each in findings if "debuginfo" in each] == ["/usr/bin/a", "/usr/bin/b"]

"""Comparing runs: what differs besides, and what follows."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from funkqa.analysis.compare import compare
from funkqa.model.comparison import About, Cause, Comparison, FailOn, Judgement, Limits, Named, Refused
from funkqa.model.measurement import Measurement, Outcome
from funkqa.model.plan import DebugFileStatus
from funkqa.model.recipe import Measure
from funkqa.report.comparison.words import headline
from tests.examples import functions, image, measurement, package, skipped, step

NAMES = [f"f{n}" for n in range(100)]


def run(covered: int, names: Sequence[str] = NAMES) -> Measurement:
    """A run that covers the first functions of a hundred."""
    inventory = [image(functions=functions(*names))]
    return measurement(inventory, hits={(0, 0): range(covered)})


def compared(new: Measurement, *baselines: Measurement, limits: Limits | None = None) -> Comparison:
    named = [Named(f"{n}.funkqa", baseline) for n, baseline in enumerate(baselines)]
    return compare(named, Named("new.funkqa", new), limits or Limits())


def recorded(base: Measurement, **facts: Any) -> Measurement:
    return replace(base, run=replace(base.run, **facts))


def test_nothing_changed_and_the_same_functions_pass() -> None:
    comparison = compared(run(50), run(50))
    assert (comparison.judgement, comparison.findings, comparison.causes) == (Judgement.PASSED, (), ())
    assert not comparison.flaky


def test_nothing_changed_and_other_functions_are_a_flake() -> None:
    comparison = compared(run(49), run(50))
    assert comparison.flaky
    assert comparison.causes == ()


CAUSES = {
    "recipe": (recorded(run(50), recipe_text="version: 1\n"), "text"),
    "package": (recorded(run(50), packages=(package("bzip2-1.0.8-5.2.x86_64"),)), "bzip2"),
    "environment": (recorded(run(50), environment={"arch": "x86_64", "distri": "fedora"}), "distri"),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_what_changed_is_told_apart(cause: str) -> None:
    new, what = CAUSES[cause]
    comparison = compared(new, run(50))
    assert [(each.cause.value, each.what) for each in comparison.differences] == [(cause, what)]
    assert not comparison.flaky


def test_a_step_that_is_gone_is_a_change_of_the_recipe() -> None:
    before = measurement(steps=[step("a"), step("b")])
    after = recorded(measurement(steps=[step("a")]), recipe_text="less")
    (difference,) = compared(after, before).differences
    assert (difference.cause, difference.what, difference.after) == (Cause.RECIPE, "step b", "")


def test_a_step_that_never_ran_because_the_run_died_is_no_change_of_the_recipe() -> None:
    before = measurement(steps=[step("a"), step("b")])
    comparison = compared(measurement(steps=[step("a")], complete=False), before)
    assert comparison.causes == ()
    assert comparison.judgement is Judgement.FAILED
    assert comparison.findings[0].about is About.NEW_RUN
    assert "the run died after step 1 (a)" in comparison.findings[0].text


def test_a_rebuild_of_the_same_version_is_told_by_its_build_id() -> None:
    rebuilt = measurement([image(functions=functions("main", "usage"), build_id="cd34")])
    (difference,) = compared(rebuilt, measurement()).differences
    assert (difference.cause, difference.before, difference.after) == (Cause.PACKAGE, "ab12", "cd34")


def test_other_symbols_of_the_same_build_are_a_change_of_the_environment() -> None:
    poor = measurement([image(functions=functions("main"), debug=DebugFileStatus.DYNSYM_ONLY)])
    (difference,) = compared(poor, measurement()).differences
    assert (difference.cause, difference.after) == (Cause.ENVIRONMENT, "dynsym-only")


def test_a_required_package_is_environment_and_warnings_are_nothing() -> None:
    tar = package("tar-1-1.x86_64", "tar", measured=False)
    after = recorded(measurement(packages=[package(), tar]), environment={"warnings": "slow mirror"})
    before = recorded(measurement(), environment={})
    assert [(each.cause, each.what) for each in compared(after, before).differences] == [
        (Cause.ENVIRONMENT, "tar")
    ]


@pytest.mark.parametrize(
    ("limits", "judgement"),
    [
        (Limits(), Judgement.FAILED),
        (Limits(tolerance=Fraction(2, 100)), Judgement.SOFTFAIL),
        (Limits(tolerance=Fraction(19, 1000)), Judgement.FAILED),
        (Limits(max_lost=2), Judgement.FAILED),
        (Limits(max_lost=2, fail_on=frozenset((FailOn.LOST,))), Judgement.SOFTFAIL),
        (Limits(max_lost=2, tolerance=Fraction(2, 100)), Judgement.SOFTFAIL),
        (Limits(max_lost=1, tolerance=Fraction(1)), Judgement.FAILED),
        (Limits(fail_on=frozenset((FailOn.COVERAGE,))), Judgement.FAILED),
        (Limits(fail_on=frozenset((FailOn.COVERAGE,)), tolerance=Fraction(2, 100)), Judgement.SOFTFAIL),
        (Limits(fail_on=frozenset((FailOn.NEW_UNCOVERED,))), Judgement.SOFTFAIL),
    ],
)
def test_two_lost_of_a_hundred(limits: Limits, judgement: Judgement) -> None:
    comparison = compared(run(48), run(50), limits=limits)
    assert comparison.judgement is judgement
    assert {finding.about for finding in comparison.findings} == {About.LOST, About.COVERAGE}


def test_the_tolerance_is_the_recipes_unless_another_is_given() -> None:
    measure = Measure(tolerance=Fraction(5, 100))
    tolerant = recorded(run(48), measure=measure)
    assert compared(tolerant, run(50)).judgement is Judgement.SOFTFAIL
    assert compared(tolerant, run(50), limits=Limits(tolerance=Fraction(0))).judgement is Judgement.FAILED


def test_a_fall_beyond_the_tolerance_fails_though_nothing_is_lost() -> None:
    grown = run(50, [*NAMES, "new1", "new2", "new3"])
    comparison = compared(grown, run(50))
    assert comparison.judgement is Judgement.FAILED
    assert [each.text for each in comparison.findings if each.fails] == [
        "the ratio fell by 1.5 pp, more than the tolerance of 1.0 pp"
    ]
    assert compared(grown, run(50), limits=Limits(tolerance=Fraction(2, 100))).judgement is Judgement.SOFTFAIL
    assert compared(grown, run(50), limits=Limits(fail_on=frozenset((FailOn.LOST,)))).judgement is (
        Judgement.SOFTFAIL
    )


def test_steps_that_no_longer_pass_are_a_softfail_and_those_that_never_did_are_none() -> None:
    before = measurement(steps=[step("a"), step("b"), step("c", Outcome.FAILED)])
    after = measurement(steps=[step("a", Outcome.FAILED), step("b", Outcome.FAILED), step("c", Outcome.FAILED)])
    comparison = compared(after, before)
    assert comparison.judgement is Judgement.SOFTFAIL
    assert [(each.about, each.text) for each in comparison.findings] == [
        (About.STEPS, "2 steps no longer pass: a, b")
    ]
    assert compared(before, after).findings == ()


@pytest.mark.parametrize(
    ("facts", "build"),
    [
        ({"version": "12"}, ""),
        ({"version": "15.6"}, ""),
        ({"version": "20260501"}, "20260501"),
        ({"version": "12", "build": "88.1"}, "88.1"),
    ],
)
def test_the_build_is_never_the_version_of_a_distribution_that_does_not_roll(
    facts: dict[str, str], build: str
) -> None:
    side = compared(recorded(run(50), environment=facts)).new
    assert side.build == build
    assert (", build" in headline(compared(recorded(run(50), environment=facts)))) is bool(build)


def test_what_is_gained_elsewhere_does_not_make_good_for_what_is_lost() -> None:
    moved = measurement([image(functions=functions(*NAMES))], hits={(0, 0): range(10, 60)})
    comparison = compared(moved, run(50))
    assert comparison.before == comparison.new.ratio.fraction
    assert comparison.judgement is Judgement.FAILED
    assert [finding.text for finding in comparison.findings] == [
        "10 of 100 functions are lost, more than the 1 that may be"
    ]


def test_new_uncovered_functions_fail_only_if_asked() -> None:
    grown = run(51, [*NAMES[:50], "new1", "new2", *NAMES[50:]])
    assert compared(grown, run(50)).judgement is Judgement.PASSED
    strict = compared(grown, run(50), limits=Limits(fail_on=frozenset((FailOn.NEW_UNCOVERED,))))
    assert strict.judgement is Judgement.FAILED
    assert [each.text for each in strict.findings if each.fails] == ["1 of 2 new functions is not covered"]


def test_a_lost_probe_is_a_softfail() -> None:
    blind = measurement([image(functions=[*functions("a", "b"), skipped("c")])], hits={(0, 0): [0, 1]})
    seeing = measurement([image(functions=functions("a", "b", "c"))], hits={(0, 0): [0, 2]})
    comparison = compared(blind, seeing)
    assert (comparison.judgement, comparison.findings[0].about) == (Judgement.SOFTFAIL, About.UNPROBED)


def test_no_baseline_passes_with_a_note() -> None:
    comparison = compared(run(50))
    assert (comparison.judgement, comparison.notes) == (Judgement.PASSED, ("there is no baseline",))


def test_a_new_run_that_measured_nothing_fails_even_without_a_baseline() -> None:
    assert compared(run(0)).judgement is Judgement.FAILED


def test_a_baseline_with_problems_is_left_aside_with_a_note() -> None:
    dead = replace(run(10), complete=False)
    comparison = compared(run(50), dead, run(50))
    assert [side.name for side in comparison.baselines] == ["1.funkqa"]
    assert comparison.notes[0].startswith("the baseline 0.funkqa is left aside: the run died")


def test_if_no_baseline_is_good_what_they_entered_counts_and_a_note_says_so() -> None:
    faulty = replace(run(52), faults=("records lost",))
    comparison = compared(run(50), faulty)
    assert comparison.judgement is Judgement.FAILED
    assert comparison.notes == (
        "the baseline 0.funkqa counts all the same, since there is no better one: records lost",
    )


def test_a_baseline_that_measured_nothing_is_none() -> None:
    comparison = compared(run(50), run(0))
    assert (comparison.judgement, comparison.before) == (Judgement.PASSED, None)
    assert comparison.notes[-1] == "there is no baseline that measured anything"


def test_failed_steps_of_the_new_run_are_told() -> None:
    failed = measurement(steps=[step("bad", Outcome.FAILED, reason="exit code 2")])
    assert "in the new run step bad: failed: exit code 2" in compared(failed, measurement()).notes


def test_a_new_file_that_cannot_be_read_is_a_finding_and_a_baseline_is_not() -> None:
    refused = [Refused("old.funkqa", "damaged", False), Refused("other.funkqa", "damaged", True)]
    comparison = compare([Named("0", run(50))], Named("new", run(50)), refused=refused)
    assert [(each.about, each.fails) for each in comparison.findings] == [(About.REFUSED, False)]
    assert comparison.judgement is Judgement.SOFTFAIL

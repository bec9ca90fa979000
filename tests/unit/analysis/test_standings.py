"""How packages stand in a release, and what they come to together."""

from hypothesis import given
from hypothesis import strategies as st

from funkqa.analysis.release import release_report
from funkqa.model.comparison import Judgement, Refused
from funkqa.model.coverage import Ratio
from funkqa.model.release import ReleaseReport, Standing, Trend
from tests import example_releases
from tests.example_releases import NAMES, run_of, runs, standing

everything = example_releases.everything()
by_name = {each.package: each for each in everything.packages}


def report_of(*found: Standing) -> ReleaseReport:
    return release_report(["old", "new"], [(), ()], found, [])


def test_each_package_has_its_trend() -> None:
    assert {name: each.trend for name, each in by_name.items()} == {
        "fallen": Trend.WORSE,
        "forgiven": Trend.WORSE,
        "moody": Trend.WORSE,
        "risen": Trend.BETTER,
        "grown": Trend.SAME,
        "calm": Trend.SAME,
        "fresh": Trend.NEW,
        "dropped": Trend.GONE,
        "dead": Trend.DOUBTFUL,
        "torn": Trend.DOUBTFUL,
    }


def test_the_worst_come_first() -> None:
    assert [each.package for each in everything.packages] == [
        *("dead", "torn", "fallen", "moody"),
        *("forgiven", "dropped", "calm", "grown", "fresh", "risen"),
    ]


def test_counts_and_lost_names_are_those_of_the_comparison() -> None:
    fallen, grown = by_name["fallen"], by_name["grown"]
    assert (fallen.lost, fallen.gained, fallen.added, fallen.removed) == (17, 0, 0, 0)
    assert fallen.lost_names == tuple(f"/usr/bin/fallen: {name}" for name in NAMES[11:21])
    assert (grown.lost, grown.added, grown.removed) == (0, 1, 1)


def test_only_what_changed_without_a_cause_is_flaky() -> None:
    assert [each.package for each in everything.flaky] == ["moody"]


def test_totals_are_sums_over_the_packages_that_both_have() -> None:
    both = [by_name[name] for name in ("fallen", "forgiven", "moody", "risen", "grown", "calm")]
    assert everything.before == sum((each.before.ratio for each in both if each.before), Ratio())
    assert everything.after == Ratio(covered=11 + 199 + 21 + 35 + 20 + 20, missing=94)


def test_a_release_counts_all_its_packages_but_those_whose_word_is_not_good() -> None:
    packages = [each.packages for each in everything.releases]
    assert packages == [8, 9, 7]
    assert everything.releases[-1].ratio == everything.after + Ratio(5, 35)


def test_packages_that_only_older_releases_have_are_in_the_trend() -> None:
    old = Ratio(3, 1)
    report = release_report(["1", "2", "3"], [(), (), ()], [], [], [(old, None, None)])
    assert [each.ratio for each in report.releases] == [old, Ratio(), Ratio()]
    assert report.packages == ()


def test_a_weighted_total_is_not_the_mean_of_percentages() -> None:
    large = [f"f{number}" for number in range(960)]
    report = report_of(standing(runs("small", 40, 40)), standing(runs("large", 96, 96, names=large)))
    assert (report.after.percent, report.after.total) == ("13.6%", 1000)


def test_the_judgement_is_the_worst() -> None:
    fallen, forgiven, calm = by_name["fallen"], by_name["forgiven"], by_name["calm"]
    assert report_of(calm).judgement is Judgement.PASSED
    assert report_of(calm, forgiven).judgement is Judgement.SOFTFAIL
    assert report_of(calm, forgiven, fallen).judgement is Judgement.FAILED
    unread = release_report(["old", "new"], [(), ()], [calm], [Refused("x", "damaged", True)])
    assert unread.judgement is Judgement.FAILED
    old = release_report(["old", "new"], [(), ()], [calm], [Refused("x", "damaged", False)])
    assert old.judgement is Judgement.PASSED


def test_a_build_is_named_if_all_agree() -> None:
    report = release_report(["old", "new"], [("1", "2"), ("3", "3")], [], [])
    assert [each.build for each in report.releases] == ["", "3"]


@given(st.permutations(everything.packages))
def test_the_order_of_the_packages_changes_nothing(found: list[Standing]) -> None:
    builds = [(each.build,) for each in everything.releases]
    assert release_report(example_releases.FOLDERS, builds, found, everything.refused) == everything


def test_a_baseline_that_measured_nothing_is_none() -> None:
    found = standing([run_of("bzip2", (), 0), run_of("bzip2", range(20), 1)])
    assert (found.trend, found.rise) == (Trend.NEW, None)
    assert "no baseline that measured anything" in " ".join(found.findings)

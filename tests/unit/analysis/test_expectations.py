import pytest

from funkqa.analysis.coverage import cover
from funkqa.analysis.expectations import without_parameters
from funkqa.model.coverage import Expectation
from funkqa.model.plan import Function
from funkqa.model.recipe import Measure
from tests.examples import function, image, measurement, skipped


def expect(name: str, *inventory: Function) -> Expectation:
    coverage = cover(measurement([image(functions=inventory)], measure=Measure(expect=(name,))))
    (expectation,) = coverage.expectations
    return expectation


CXX = function("_ZN2ns1fEi", names=("alias_of_f",), demangled="ns::f(int)")


@pytest.mark.parametrize("name", ["_ZN2ns1fEi", "alias_of_f", "ns::f(int)", "ns::f"])
def test_a_function_is_expected_by_any_of_its_names(name: str) -> None:
    assert expect(name, CXX) == Expectation(name, known=True, covered=True)


@pytest.mark.parametrize("name", ["f", "ns::f(long)", "ns::", "_ZN2ns1f"])
def test_a_part_of_a_name_is_not_the_name(name: str) -> None:
    assert expect(name, CXX) == Expectation(name, known=False, covered=False)


def test_of_several_functions_of_one_name_one_has_to_run() -> None:
    assert expect("init", function("main"), function("init")).covered is False
    assert expect("init", function("init"), function("init", ordinal=1)).covered is True


def test_an_expected_function_without_a_probe_is_known_but_not_covered() -> None:
    assert expect("atomic", skipped("atomic")) == Expectation("atomic", known=True, covered=False)


@pytest.mark.parametrize(
    ("demangled", "bare"),
    [
        ("main", "main"),
        ("ns::f(int)", "ns::f"),
        ("ns::f<int>(char (*)(int)) const", "ns::f<int>"),
        ("(anonymous namespace)::f()", "(anonymous namespace)::f"),
        ("A::operator()(int) const &", "A::operator()"),
        ("f() [clone .cold]", "f"),
        ("<T as core::ops::FnOnce<()>>::call_once", "<T as core::ops::FnOnce<()>>::call_once"),
        ("broken)", "broken)"),
    ],
)
def test_the_parameter_list_is_the_last_one(demangled: str, bare: str) -> None:
    assert without_parameters(demangled) == bare

"""What counts as a change of a function's code, on code that gcc makes."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from funkqa.model.change import CodeChange, Compared
from tests.builds import MAIN, OTHER, SOURCES, build, changed, found, one
from tests.elfwriter import EM_AARCH64, elf, func


def edited(before: str, after: str) -> Mapping[str, str]:
    """The sources with one place changed."""
    assert sum(text.count(before) for text in SOURCES.values()) == 1
    return {name: text.replace(before, after) for name, text in SOURCES.items()}


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("old") / "source", SOURCES)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNKQA_CACHE", str(tmp_path / "cache"))


def test_the_same_source_in_another_folder_and_order_and_with_another_build_id_changes_nothing(
    old: Path, tmp_path: Path
) -> None:
    new = build(
        tmp_path / "elsewhere",
        SOURCES,
        order=("other.c", "main.c"),
        link=("-shared", "-Wl,--build-id=0xabcdef0123", "-Wl,-z,separate-code"),
    )
    changes = changed(old, new)
    assert found(changes) == {}
    assert [(image.functions_before, image.functions_after) for image in changes.images] == [(11, 11)]


@pytest.mark.parametrize(
    ("before", "after", "function"),
    [
        ("+ 5;", "+ 6;", "branch"),
        ("case 3: return twice(n)", "case 3: return third(n)", "branch"),
        ("case 4:", "case 14:", "branch"),
        ("two it is", "it is two", "branch"),
        ("%d times", "%d timez", "tell"),
        ("1.75", "1.5", "scaled"),
        ("4, 1, 5", "4, 2, 5", "weigh"),
        ('"three"}', '"drei"}', "name"),
        ("names[n & 3]", "names[n & 1]", "name"),
        ("it is over", "it's over ", "leave"),
        ("calls++", "calls += 2", "weigh"),
        ("2 * n + calls", "calls - 2 * n", "twice"),
        ("once(n) * 12", "once(n) * 13", "third"),
    ],
)
def test_a_number_text_table_or_call_that_changed_is_found_where_it_is_used(
    before: str, after: str, function: str, old: Path, tmp_path: Path
) -> None:
    new = build(tmp_path / "new", edited(before, after))
    assert found(changed(old, new)) == {"changed": {function}}


def test_another_register_is_found(tmp_path: Path) -> None:
    builds = [
        build(tmp_path / name, {"one.c": f'void f(void) {{ __asm__("mov %%{name}, %%rax" ::: "rax"); }}'})
        for name in ("rcx", "rdx")
    ]
    assert found(changed(*builds)) == {"changed": {"f"}}


def test_functions_that_another_one_moved_are_no_changes(old: Path, tmp_path: Path) -> None:
    first = (
        '__attribute__((used)) static const char extra[] = "%d more\\n";\n'
        "void newcomer(int n) { printf(extra, n); }\n"
    )
    new = build(tmp_path / "new", edited("int branch(int n) {", f"{first}int branch(int n) {{"))
    assert found(changed(old, new)) == {"added": {"newcomer"}}


def test_a_function_that_is_gone_is_removed(old: Path, tmp_path: Path) -> None:
    new = build(tmp_path / "new", edited('void tell(int n) { printf("%d times\\n", n); }', ""))
    assert found(changed(old, new)) == {"removed": {"tell"}}


def test_a_comment_changes_nothing(old: Path, tmp_path: Path) -> None:
    new = build(tmp_path / "new", edited("int third(int n)", "/* the\nthird */\nint third(int n)"))
    assert found(changed(old, new)) == {}


def test_a_changed_inline_function_changes_its_callers(tmp_path: Path) -> None:
    text = """
        static inline __attribute__((always_inline)) int step(int n) { return n * %d; }
        int walk(int n) { return step(n) + 1; }
        int run(int n) { return step(n) + step(n + 2); }
        int sit(int n) { return n; }
    """
    builds = [build(tmp_path / f"{n}", {"one.c": text % n}) for n in (5, 7)]
    assert found(changed(*builds)) == {"changed": {"walk", "run"}}


def test_a_renamed_function_has_moved_and_its_callers_are_as_before(old: Path, tmp_path: Path) -> None:
    new = build(tmp_path / "new", {**SOURCES, "other.c": OTHER.replace("once", "one_time")})
    changes = changed(old, new)
    assert found(changes) == {"moved": {"one_time"}}
    assert one(changes, CodeChange.MOVED).moved_from == "once"


def test_a_function_in_another_source_file_has_moved(tmp_path: Path) -> None:
    options = ("-g", "-O2", "-fPIC", "-fno-inline")
    third = "int third(int n) { return once(n) * 12; }\n"
    other = OTHER.replace("static __attribute__((noinline)) int once", "int once")
    sources = {
        "main.c": MAIN,
        "other.c": other.replace(third, ""),
        "third.c": f"extern int once(int);\n{third}",
    }
    old = build(tmp_path / "old", {**SOURCES, "other.c": other}, *options)
    changes = changed(old, build(tmp_path / "new", sources, *options))
    assert found(changes) == {"moved": {"third"}}
    assert one(changes, CodeChange.MOVED).moved_from.endswith("other.c")


def test_another_flag_of_the_compiler_gives_a_list(old: Path, tmp_path: Path) -> None:
    new = build(tmp_path / "new", SOURCES, "-g", "-O3", "-fPIC", "-funroll-all-loops")
    assert "weigh" in found(changed(old, new))["changed"]


def test_link_time_optimization_in_another_order_changes_nothing(tmp_path: Path) -> None:
    options = ("-g", "-O2", "-fPIC", "-flto", "-flto-partition=max")
    builds = [
        build(tmp_path / name, SOURCES, *options, order=order)
        for name, order in (("one", ("main.c", "other.c")), ("two", ("other.c", "main.c")))
    ]
    assert found(changed(*builds)) == {}


def test_a_program_that_is_not_position_independent_is_compared_without_its_addresses(tmp_path: Path) -> None:
    sources = {"main.c": MAIN + "int main(void) { return branch(3); }", "other.c": OTHER}
    options = ("-g", "-O2", "-fno-pic")
    more = {**sources, "first.c": 'const char *before(void) { return "something that comes first"; }'}
    builds = [
        build(tmp_path / "one", sources, *options, link=("-no-pie",)),
        build(tmp_path / "two", more, *options, link=("-no-pie",), order=("first.c", "other.c", "main.c")),
    ]
    assert found(changed(*builds)) == {"added": {"before"}}
    new = {**sources, "main.c": sources["main.c"].replace("two it is", "too it is")}
    three = build(tmp_path / "three", new, *options, link=("-no-pie",))
    assert found(changed(builds[0], three)) == {"changed": {"branch"}}


def test_relocations_that_are_packed_are_read(old: Path, tmp_path: Path) -> None:
    packed = ("-shared", "-Wl,-z,pack-relative-relocs")
    same, other = (
        build(tmp_path / name, sources, link=packed)
        for name, sources in (("same", SOURCES), ("other", edited('"three"}', '"drei"}')))
    )
    assert found(changed(old, same)) == {}
    assert found(changed(same, other)) == {"changed": {"name"}}


def test_dates_and_folders_of_the_build_do_not_count(tmp_path: Path) -> None:
    text = 'const char *built(void) { return "built on %s in /home/abuild/rpmbuild/BUILD/%s/src/main.c"; }'
    stamps = (("Wed Nov 18 12:00:00 2026 UTC", "bzip2-1.0.8"), ("Nov  3 2027 07:08:09", "bzip2-1.0.9"))
    builds = [build(tmp_path / str(n), {"one.c": text % stamp}) for n, stamp in enumerate(stamps)]
    assert found(changed(*builds)) == {}


def test_the_path_of_a_source_file_in_an_assertion_does_not_count_its_name_does(tmp_path: Path) -> None:
    text = "#include <assert.h>\nint checked(int n) { assert(n > 3); return n; }"
    builds = [build(tmp_path / name, {file: text}) for name, file in (("a", "x.c"), ("b/c", "x.c"), ("d", "y.c"))]
    assert found(changed(builds[0], builds[1])) == {}
    assert found(changed(builds[0], builds[2])) == {"changed": {"checked"}}


def test_where_a_text_ends_is_not_what_lies_behind_it(tmp_path: Path) -> None:
    text = """
        extern void take(const char *, const char *);
        void both(void) { take("first", "first" + 5); }
        void behind(void) { take("%s", "%s" + 1); }
    """
    builds = [
        build(tmp_path / word, {"one.c": (text % (word, word)).replace(f'"{word}", ', '"", ')})
        for word in ("second", "tecond")
    ]
    assert found(changed(*builds)) == {}


def test_where_a_loop_over_a_table_ends_is_not_what_lies_behind_it(tmp_path: Path) -> None:
    text = """
        static const int one[16] = {%s, 6}, table[16] = {3, 1, 4, 1}, other[16] = {%s, 5};
        int sum(int (*use)(int)) {
            int n = 0;
            for (const int *each = table; each < table + 16; each++) n += use(*each);
            return n;
        }
        const int *beside(int n) { return n ? one : other; }
    """
    options = ("-g", "-O2", "-fno-pic")
    builds = [
        build(tmp_path / n, {"one.c": f"{text % (n, n)} int main(void) {{}}"}, *options, link=("-no-pie",))
        for n in "79"
    ]
    assert found(changed(*builds)) == {"changed": {"beside"}}


def test_constants_that_point_to_each_other_are_followed_a_few_steps(tmp_path: Path) -> None:
    text = """
        struct node { const struct node *next; int number; };
        extern const struct node one, two;
        const struct node one = {&two, 1}, two = {&one, %s};
        int walk(int n) {
            const struct node *at = &one;
            while (n-- > 0) at = at->next;
            return at->number;
        }
        int stay(int n) { return n * 8; }
    """
    builds = [build(tmp_path / n, {"one.c": text % n}) for n in "27"]
    assert found(changed(builds[0], builds[0])) == {}
    assert found(changed(*builds)) == {"changed": {"walk"}}


def test_code_of_another_architecture_is_compared_byte_by_byte_and_says_so(tmp_path: Path) -> None:
    symbols = [func("first", 0x1000, 16), func("second", 0x1010, 16)]
    files = []
    for name, code in (("one", b"first function..second function."), ("two", b"first function..another function")):
        content = bytearray(elf(symbols=symbols, machine=EM_AARCH64))
        content[0x1000 : 0x1000 + len(code)] = code
        files.append(tmp_path / name)
        files[-1].write_bytes(content)
    changes = changed(*files)
    assert found(changes) == {"changed": {"second"}}
    assert [(image.arch, image.compared) for image in changes.images] == [("aarch64", Compared.BYTES)]
    assert found(changed(files[0], files[0])) == {}


def test_code_of_cpp_in_another_folder_changes_nothing(tmp_path: Path) -> None:
    text = """
        #include <map>
        #include <stdexcept>
        #include <string>
        struct Shape { virtual ~Shape(); __attribute__((noipa)) virtual int area(int) const; std::string name; };
        Shape::~Shape() {}
        int Shape::area(int n) const {
            static int calls = 0;
            if (n < 0) throw std::runtime_error("negative: " + name);
            return n * %d + ++calls;
        }
        std::map<std::string, int> table(const Shape &one) {
            std::map<std::string, int> found;
            for (int n = 0; n < 9; n++) found[one.name + std::to_string(n)] = one.area(n);
            return found;
        }
    """
    one, two, three = (
        build(tmp_path / str(name), {"one.cc": text % n}, compiler="g++") for name, n in enumerate((3, 3, 11))
    )
    assert found(changed(one, two)) == {}
    assert found(changed(one, three)) == {"changed": {"Shape::area(int) const"}}


@pytest.mark.parametrize(("options", "link"), [(("-fPIC",), ("-shared",)), (("-fno-pic",), ("-no-pie",))])
def test_an_object_is_not_the_end_of_the_one_in_front_of_it(
    options: tuple[str, ...], link: tuple[str, ...], tmp_path: Path
) -> None:
    """Which one that is depends on the order in which the linker lays them out."""
    tables = ("front[16] = {1, 2, 3, 4}", "table[16] = {3, 1, 4, 1}", "behind[16] = {5, 9, 2, 6}")
    text = """
        extern const int front[16], table[16], behind[16];
        const int %s;
        int use(int (*used)(const int *, const int *)) { return used(front, table) + used(table, behind); }
        int sum(int (*used)(int)) {
            int n = 0;
            for (const int *each = table; each < table + 16; each++) n += used(*each);
            return n;
        }
        int main(void) { return 0; }
    """
    orders = ((0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0))
    builds = [
        build(
            tmp_path / f"{number}",
            {"one.c": text % ", ".join(tables[each] for each in order)},
            *("-g", "-O2", "-fno-toplevel-reorder", "-fvisibility=hidden", *options),
            link=link,
        )
        for number, order in enumerate(orders)
    ]
    for other in builds[1:]:
        assert found(changed(builds[0], other)) == {}

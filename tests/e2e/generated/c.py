"""Functions in C, whose arguments decide which others they enter."""

from random import Random

HEAD = """\
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define KEPT __attribute__((noipa))
extern int counter, budget;
static volatile int sink = 1;
static __thread int per_thread;
static sigjmp_buf back, fault_back;
static char other_stack[65536];
static void on_fault(int number) { siglongjmp(fault_back, number); }
static void on_signal(int number) { sink += number; }
"""

MAIN = """\
int main(int argc, char **argv)
{
	const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
	stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof other_stack};
	struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK | SA_NODEFER};
	sigaltstack(&stack, 0);
	for (int i = 0; i < 5; i++)
		sigaction(faults[i], &action, 0);
	signal(SIGUSR1, on_signal);
	budget = 200;
	(void)argv;
%s
	printf("%%d\\n", sink);
	return argc > 1000 ? rand() : 0;
}
"""

BODIES = (
    "return n * {k} + sink;",
    "int total = n; for (int i = 0; i < (n & 7); i++) total += {call}; return total;",
    "volatile int kept = n, total = 0; for (int i = 0; i < {k}; i++) total += kept; return total;",
    "volatile int kept = n; do {{ kept += 3; n--; }} while (n > 0); return kept;",
    "volatile long kept[8]; for (int i = 0; i < 8; i++) kept[i] = n; return (int)kept[n & 7];",
    "return {call};",
    "return n > {k} ? {call} : {call};",
    "if (n & 1) return {call}; return n;",
    "return n > 0 && n < 20 ? {self}(n - 3) + 1 : {call};",
    "static const void *const labels[] = {{&&one, &&two, &&end}};\n"
    "\tint i = n & 3; goto *labels[i % 3];\none: i += 2;\ntwo: i++; goto *labels[2];\nend: return i;",
    "goto in; back: n -= 2; in: if (n > {k}) goto back; return n;",
    "switch (n & 7) {{ case 0: return {call}; case 1: return 3; case 2: return n; case 3: n++; case 4:"
    " return {call}; case 5: return {k}; case 6: return sink; default: return n * 3; }}",
    "pointers[(n & 15) % {pointers}](n); return n;",
    "if (n == {k}) exit(3); return n + 1;",
    "if (!sigsetjmp(back, 0)) leaves(n); return n;",
    "raise(SIGUSR1); return n;",
    "per_thread += n; return per_thread;",
    "double x = n; x = x * 1.5 + sink; return x > {k} ? {call} : (int)x;",
    "char text[{k}00]; memset(text, n, sizeof text); return text[n & 31] + sink;",
    "char *text = __builtin_alloca((n & 63) + 1); memset(text, 1, (n & 63) + 1); return text[0] + n;",
    "volatile char large[100000]; large[n & 1023] = 1; return large[n & 1023] + {call};",
    "unsigned __int128 x = n; x *= x; x /= {k}; return (int)x;",
    "struct {{ int a[9]; }} copy, *other = &copy; memset(other, 0, sizeof copy); other->a[n & 7] = n;"
    " return copy.a[3];",
    '__asm__ volatile("nop"); return n;',
    '__asm__ volatile(".byte 0x0f, 0x1f, 0x44, 0, 0"); volatile int kept = n; return kept;',
    'volatile int kept = n; __asm__ volatile(".byte 0x0f, 0x1f, 0x44, 0, 0"); return kept;',
    "while (n > 9) n /= 2; return {call};",
    'return __builtin_expect(n == {k}, 0) ? (fprintf(stderr, "%d", n), abort(), 1) : {call};',
)
ATTRIBUTES = (
    *(
        "",
        "",
        "",
        "",
        "static",
        "static",
        "__attribute__((cold))",
        "__attribute__((hot))",
        "__attribute__((noinline))",
    ),
    *("__attribute__((patchable_function_entry(5, 0)))", "__attribute__((patchable_function_entry(7, 3)))"),
    *("__attribute__((aligned(64)))", '__attribute__((optimize("O0")))', '__attribute__((optimize("O3")))'),
    *("__attribute__((weak))", "__attribute__((nocf_check))", "KEPT", "KEPT", "KEPT static"),
)


def program(chance: Random, count: int, assembled: list[str], faults: list[str]) -> str:
    """The source of a program with ``count`` functions of its own that calls those in assembly too."""
    names = [f"made_{number}" for number in range(count)]
    everything = [*names, *assembled]
    lines = [HEAD, *(f"void {name}(int);" for name in assembled)]
    lines += [f"int fault_{fault}(int);" for fault in faults]
    definitions = []
    for number, name in enumerate(names):
        attribute = chance.choice(ATTRIBUTES)
        later = everything[number + 1 :]
        lines.append(f"{attribute} int {name}(int);")
        body = _body(chance, name, later)
        definitions.append(f"{attribute} int {name}(int n)\n{{\n\t{body}\n}}\n")
    chance.shuffle(definitions)
    lines += ["static void (*const pointers[])(int) = {", ", ".join(chance.sample(assembled, 8)), "};"]
    lines += ["KEPT static void nothing(void) {}", "KEPT __attribute__((noreturn)) static void leaves(int n)"]
    lines += ["{ if (n > 1000) nothing(); siglongjmp(back, 1); }", "KEPT static int unused(int n) { return n; }"]
    calls = [
        f'\tprintf("{each} %d\\n", {_call(each, str(chance.randint(0, 40)))});'
        for each in chance.choices(everything, k=25)
    ]
    calls += [
        f'\tif (!sigsetjmp(fault_back, 1)) printf("%d\\n", fault_{fault}(16)); else puts("{fault}");'
        for fault in faults
    ]
    calls += ["\tif (argc > 1000) unused(argc);", "\tnothing();"]
    chance.shuffle(calls)
    return "\n".join((*lines, *definitions, MAIN % "\n".join(calls)))


def _body(chance: Random, name: str, later: list[str]) -> str:
    body = chance.choice(BODIES)
    while "{call}" in body:
        argument = chance.choice(("n", "n + 1", "n * 3", "n >> 1", "7"))
        body = body.replace("{call}", _call(chance.choice(later), argument), 1)
    return body.format(k=chance.randint(2, 9), self=name, pointers=8)


def _call(name: str, argument: str) -> str:
    """Functions in assembly give whatever they leave in eax."""
    return f"({name}({argument}), 5)" if name.startswith("asm_") else f"{name}({argument})"

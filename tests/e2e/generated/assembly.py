"""Functions in assembly: what no compiler writes, but hand-written code does.

All take a number in edi and give one in eax. ``budget`` bounds how often any of them jumps back.
"""

from random import Random

JUNK = (
    *(
        "mov %edi, %eax",
        "lea 3(%rdi,%rdi), %eax",
        "xor %edx, %edx",
        "test %edi, %edi",
        "cmp $5, %edi",
        "imul %edi, %eax",
    ),
    *("mov %fs:0, %r8", "mov -8(%rsp), %r9d", "mov %rdi, -8(%rsp)", "mov %edi, -16(%rsp)", "cmovs %edi, %eax"),
    *("sete %dl", "bswap %r8", "movd %edi, %xmm0", "pxor %xmm1, %xmm1", "movups %xmm0, -40(%rsp)", "cltq"),
    *(
        "mov budget(%rip), %r10d",
        "cmpl $0, budget(%rip)",
        "lea budget(%rip), %r11",
        "rex.W nop",
        "movaps %xmm0, %xmm2",
    ),
    *(
        "lfence",
        "cvtsi2sd %edi, %xmm3",
        "addsd %xmm3, %xmm3",
        ".byte 0x66, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0",
        "nopw 8(%rax)",
        "pause",
    ),
    *("mov (%rsp), %r10", "bt $3, %edi", "shl $2, %r9d", "rdtsc\nxor %edx, %edx\nmov %edi, %eax", "stc", "sahf"),
)
"""Harmless instructions, some of which may fault elsewhere."""

CORES = (
    *("push %rax\npop %rcx", "push %r12\npop %r9", "nop", ".byte 0x0f, 0x1f, 0x44, 0, 0", "push $7\npop %rcx"),
    *(
        "test $1, %edi\nje 1f\ninc %eax\n1:",
        "jmp 1f\n1:",
        "call 1f\n1: pop %r9",
        "sub $24, %rsp\ncall leaf\nadd $24, %rsp",
    ),
    *("mov $3, %ecx\n1: dec %ecx\njne 1b", "mov $2, %ecx\n1: loop 1b", "xor %ecx, %ecx\njrcxz 1f\n1:", ""),
    *("lea 1f(%rip), %r9\njmp *%r9\n1:", "bnd jmp 1f\n1:", "rex.W call 1f\n1: pop %r9", ".byte 0x3e; jne 1f\n1:"),
    *(
        "pushf\npopf",
        "mov %rsp, %r9\nand $-64, %rsp\nmov %r9, %rsp",
        "movq %rdi, -8(%rsp)\n.byte 0x0f, 0x1f, 0x44, 0, 0",
    ),
    *("push %rbp\nmov %rsp, %rbp\nleave", "lock incl counter(%rip)", "xchg %eax, counter(%rip)", "cld"),
)
BEGINNINGS = (
    "",
    "",
    "",
    "",
    "endbr64",
    "endbr64",
    "lock incl counter(%rip)",
    "cs nopw 0(%rax,%rax)",
    "vpxor %ymm0, %ymm0, %ymm0",
)
WAYS_IN = (
    "jmp {0}",
    "bnd jmp {0}",
    "test %edi, %edi\nje {0}\njmp {0}",
    "lea {0}(%rip), %r11\njmp *%r11",
    "xor %ecx, %ecx\njrcxz 9f\n9: jmp {0}",
    "sub $8, %rsp\ncall {0}\nadd $8, %rsp\nret",
)
FAULTS = {
    "reads": "mov (%rdi), %eax",
    "reads_late": "mov %edi, %ecx\nlea 1(%rcx), %edx\nmov 16(%rdi), %eax",
    "reads_by_table": "mov %edi, %ecx\nmov 64(,%rcx,8), %rax",
    "stores": "mov %edi, %eax\nmov %eax, (%rdi)",
    "stores_to_constant": "mov %edi, %eax\nmov %eax, constant(%rip)",
    "swaps_constant": "mov %edi, %eax\nxchg %eax, constant(%rip)",
    "divides": "xor %ecx, %ecx\nxor %edx, %edx\ndiv %ecx",
    "no_instruction": "mov %edi, %eax\nud2",
    "privileged": "mov %edi, %eax\nhlt",
    "sets_segment": "mov %edi, %eax\nmov %edi, %ds",
    "reads_frame": "mov %rdi, %rbp\nmov 8(%rbp), %eax",
    "bad_stack": "mov %rdi, %rsp\nmov 8(%rsp), %eax",
    "leaves": "mov %rdi, %rbp\nleave",
    "pops_bad_stack": "mov %rdi, %rsp\npop %rax",
    "huge_frame": "sub $0x40000000, %rsp\nmov %edi, 8(%rsp)",
    "far_stack": "mov %edi, %eax\nmov %edi, -0x40000000(%rsp)",
    "far_thread": "mov %edi, %eax\nmov %fs:0x70000000, %eax",
    "bit_string": "movabs $0x7000000000, %rcx\nbt %rcx, (%rsp)",
    "aligned": "mov %edi, %eax\nmovaps %xmm0, -17(%rsp)",
    "packed": "mov %edi, %eax\npaddd -17(%rsp), %xmm0",
    "string": "mov %edi, %eax\nlodsb",
    "translates": "mov %rdi, %rbx\nxlatb",
    "calls_nowhere": "mov %edi, %eax\ncall *%rdi",
    "jumps_nowhere": "mov %edi, %eax\njmp *%rdi",
}
BEHIND_FAULT = (
    "push %rax\npop %rcx\nret",
    "nop\nret",
    "call leaf\nret",
    "jmp leaf",
    "ret",
    ".byte 0x0f, 0x1f, 0x44, 0, 0\nret",
)


def function(name: str, body: str, *, size: str | None = None) -> str:
    end = f".size {name}, {size or f'.-{name}'}\n"
    return f".globl {name}\n.type {name}, @function\n{name}:\n{body}\n{end}"


def assembly(chance: Random, count: int) -> tuple[str, list[str]]:
    """The source, and the names of the functions that C may call; those at the end call no other."""
    names = [f"asm_{number}" for number in range(count)]
    parts, landings = [], list[str]()
    for number in reversed(range(count)):
        later = names[number + 1 :]
        body, label = _body(chance, names[number], later, landings)
        # Functions are made from the last to the first; falling through leads to the one made before.
        parts.append(function(names[number], body, size="0" if chance.random() < 0.1 else None))
        if label:
            landings.append(label)
        if chance.random() < 0.2:
            parts[-1] += ".skip 200, 0x90\n" if chance.random() < 0.5 else ".p2align 4\n"
    head = ".text\n.globl leaf\n.type leaf, @function\nleaf: ret\n.size leaf, 1\n"
    source = head + "".join(reversed(parts)) + function(f"asm_{count}", "mov %edi, %eax\nret")
    for kind, fault in FAULTS.items():
        begin = chance.choice(BEGINNINGS[:6])
        source += function(f"fault_{kind}", f"{begin}\n{fault}\n{chance.choice(BEHIND_FAULT)}")
    data = ".section .rodata\nconstant: .long 1, 1, 1, 1\n.data\n.globl counter, budget\n"
    data += "counter: .long 0\nbudget: .long 200\n"
    return f'{source}{data}.section .note.GNU-stack,"",@progbits\n', names


def _body(chance: Random, name: str, later: list[str], landings: list[str]) -> tuple[str, str]:
    """The body of a function, and a label behind its entry where others may land; empty if it has none."""
    if chance.random() < 0.1:
        return chance.choice(("ret", "", "endbr64", "nop", "endbr64\nret", "repz ret")), ""
    lines = [chance.choice(BEGINNINGS), *chance.choices(JUNK, k=chance.randint(0, 4))]
    label = ""
    if chance.random() < 0.5:
        label = f".Lbehind_{name}"
        lines += [f"{label}:", *chance.choices(JUNK, k=chance.randint(0, 2))]
        if chance.random() < 0.2:  # an entry of its own
            lines += [f".globl {name}_too", f".type {name}_too, @function", f"{name}_too:"]
    lines += [chance.choice(CORES), *chance.choices(JUNK, k=chance.randint(0, 3))]
    if chance.random() < 0.3:
        lines += ["decl budget(%rip)", f"jg {label or name}"]
    lines.append(_ending(chance, later, landings))
    return "\n".join(line for line in lines if line), label


def _ending(chance: Random, later: list[str], landings: list[str]) -> str:
    kind = chance.random()
    if kind < 0.35 and landings:
        return chance.choice(WAYS_IN).format(chance.choice(landings))
    if kind < 0.5 and later:
        return f"jmp {chance.choice(later)}"
    return "" if kind < 0.65 else "ret"

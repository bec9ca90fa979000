// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stands in front of a program while it is measured. It tells a session, if there is one, that the program
 * is about to run, by a call of a function of its own on which the session has a probe; then it executes the
 * program through a mirror of its file system, in which no shim stands in front of it.
 *
 * No libc, no memory, no environment, no descriptor, no child: all that the program gets is as it would be without.
 * Each shim is this file with a `target` of its own (funkqa/shim/image.py).
 */

#define PATH_BYTES 4096
#define AT_EXECFN 31
#define CANNOT_EXECUTE 126

struct target {
	char marker[16];
	char mirror[PATH_BYTES];  /* the program as the mirror shows it */
	char aliases[PATH_BYTES]; /* folder with a link to it for each other name that it goes by */
};

__attribute__((section(".data"), used)) static volatile struct target target = { .marker = "funkqa target" };

#if defined(__x86_64__)
#define SYS_WRITE 1
#define SYS_EXECVE 59
#define SYS_EXIT_GROUP 231
__asm__(".globl _start\n"
	"_start: xor %ebp, %ebp\n"
	"mov %rsp, %rdi\n"
	"and $-16, %rsp\n"
	"call begin\n"
	".globl funkqa_exec\n.type funkqa_exec, @function\n"
	"funkqa_exec: nop\n"
	"ret\n"
	".size funkqa_exec, . - funkqa_exec\n");

static long system_call(long number, long first, long second, long third)
{
	long result;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(first), "S"(second), "d"(third)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
#define SYS_WRITE 64
#define SYS_EXECVE 221
#define SYS_EXIT_GROUP 94
__asm__(".globl _start\n"
	"_start: mov x29, #0\n"
	"mov x0, sp\n"
	"bl begin\n"
	".globl funkqa_exec\n.type funkqa_exec, %function\n"
	"funkqa_exec: nop\n"
	"ret\n"
	".size funkqa_exec, . - funkqa_exec\n");

static long system_call(long number, long first, long second, long third)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = first;
	register long x1 __asm__("x1") = second;
	register long x2 __asm__("x2") = third;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}
#else
#error "shims are not made for this architecture: funkqa traces without them"
#endif

void funkqa_exec(void);

static unsigned long length(const volatile char *text)
{
	unsigned long count = 0;
	while (text[count])
		count++;
	return count;
}

static int equal(const char *one, const char *other)
{
	for (; *one && *one == *other; one++, other++)
		;
	return *one == *other;
}

static const char *last_name(const char *path)
{
	const char *name = path;
	for (; *path; path++)
		if (*path == '/')
			name = path + 1;
	return name;
}

/* What a shim has executed, under either name, is no program but a shim again. */
static int executed_by_shim(const char *executed)
{
	unsigned long folder = length(target.aliases), i;

	for (i = 0; i < folder; i++)
		if (executed[i] != target.aliases[i])
			return equal(executed, (const char *)target.mirror);
	return executed[folder] == '/';
}

static void say(const volatile char *text)
{
	system_call(SYS_WRITE, 2, (long)text, length(text));
}

static void give_up(const char *why)
{
	say("funkqa: ");
	say(target.mirror);
	say(why);
	say("; measure without --shim\n");
	for (;;)
		system_call(SYS_EXIT_GROUP, CANNOT_EXECUTE, 0, 0);
}

/* The kernel names a process after what was to be executed: another name of the program, or its script's. */
static void execute_alias(const char *name, char **arguments, char **environment)
{
	char path[2 * PATH_BYTES];
	unsigned long folder = length(target.aliases), rest = length(name), i;

	if (rest >= PATH_BYTES)
		return;
	for (i = 0; i < folder; i++)
		path[i] = target.aliases[i];
	path[folder] = '/';
	for (i = 0; i <= rest; i++)
		path[folder + 1 + i] = name[i];
	system_call(SYS_EXECVE, (long)path, (long)arguments, (long)environment);
}

__attribute__((used, noreturn)) void begin(long *stack)
{
	long count = stack[0];
	char **arguments = (char **)(stack + 1), **environment = arguments + count + 1;
	const char *executed = "", *name;
	long *vector = (long *)environment;

	while (*vector++)
		;
	for (; vector[0]; vector += 2)
		if (vector[0] == AT_EXECFN)
			executed = (const char *)vector[1];
	if (executed_by_shim(executed))
		give_up(": the mirror shows the shim itself");
	funkqa_exec();
	name = last_name(executed);
	if (*name && !equal(name, last_name((const char *)target.mirror)))
		execute_alias(name, arguments, environment);
	system_call(SYS_EXECVE, (long)target.mirror, (long)arguments, (long)environment);
	give_up(": can't be executed through the mirror");
	__builtin_unreachable();
}

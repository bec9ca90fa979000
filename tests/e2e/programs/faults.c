/*
 * Functions that fault at once: they were entered, whatever their first instruction did. Behind the fault stands an
 * instruction that would suit a probe better than the first one.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>

#define KEPT __attribute__((noipa))

static sigjmp_buf back;
static const int constant = 1;

KEPT int unused_end(int n) { return n + 40; }
KEPT static double unused_end_of_division(double n) { return n; }
KEPT static void on_fault(int number) { siglongjmp(back, number); }

KEPT static int reads_bad_pointer(const int *bad) { return *bad ? unused_end(*bad) : 0; }
KEPT static int writes_bad_pointer(int *bad) { *bad = 1; return unused_end(2); }
KEPT static int reads_page_zero(void) { return *(volatile int *)8 ? unused_end(1) : 2; }
KEPT static int writes_constant(void) { *(volatile int *)&constant = 2; return unused_end(3); }
KEPT static int divides_by_zero(int a, int b) { return unused_end(a / b); }
KEPT static double divides(double a, double b) { return unused_end_of_division(a / b); }
KEPT static int traps(int n) { if (n) __builtin_trap(); return unused_end(n); }
KEPT static int breaks(int n) { __asm__ volatile("int3"); return unused_end(n); }
KEPT static int is_no_instruction(int n) { __asm__ volatile("ud2"); return unused_end(n); }
KEPT static int is_privileged(int n) { __asm__ volatile("cli"); return unused_end(n); }
KEPT static int jumps_nowhere(int (*nowhere)(int)) { return nowhere(1); }
KEPT static int unused_as_never_called(int n) { return unused_end(n); }

#define FAULTS(call)                                                                                                  \
	do {                                                                                                          \
		int number = sigsetjmp(back, 1);                                                                      \
		if (!number)                                                                                          \
			call;                                                                                         \
		else                                                                                                  \
			printf("%s: signal %d\n", #call, number);                                                     \
	} while (0)

int main(int argc, char **argv)
{
	const int faults[] = {SIGSEGV, SIGFPE, SIGILL, SIGTRAP};
	int *volatile bad = (int *)16;

	(void)argv;
	for (int i = 0; i < 4; i++)
		signal(faults[i], on_fault);
	FAULTS(reads_bad_pointer(bad));
	FAULTS(writes_bad_pointer(bad));
	FAULTS(reads_page_zero());
	FAULTS(writes_constant());
	FAULTS(divides_by_zero(1, 0));
	FAULTS(traps(1));
	FAULTS(breaks(1));
	FAULTS(is_no_instruction(1));
	FAULTS(is_privileged(1));
	FAULTS(jumps_nowhere((int (*)(int))bad));
	__builtin_ia32_ldmxcsr(0x1f80 & ~0x200); /* a floating-point division by zero is a fault from here on */
	FAULTS(divides(1, 0));
	if (argc > 1)
		unused_as_never_called(1);
	return 0;
}

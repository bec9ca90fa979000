/* Calls each function of instructions.s with the same registers and memory, and prints what it leaves of them. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct state {
	unsigned long general[16], flags, memory[8];
	unsigned char vector[4][32];
};
extern const struct { const char *text; void (*function)(void); } instructions[];
void run(struct state *state, void (*function)(void), unsigned long processor_has_avx);

static sigjmp_buf back;
static void on_fault(int number) { siglongjmp(back, number); }

int main(void)
{
	const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
	unsigned long avx = __builtin_cpu_supports("avx") != 0;

	for (int i = 0; i < 5; i++)
		signal(faults[i], on_fault);
	for (int i = 0; instructions[i].text; i++) {
		static struct state state;
		for (unsigned n = 0; n < sizeof state; n++)
			((unsigned char *)&state)[n] = n * 37 + 11;
		int number = sigsetjmp(back, 1);
		if (!number)
			run(&state, instructions[i].function, avx);
		printf("%s: signal %d:", instructions[i].text, number);
		for (unsigned n = 0; n < sizeof state; n++)
			printf("%s%02x", n % 8 ? "" : " ", ((unsigned char *)&state)[n]);
		puts("");
	}
	return 0;
}

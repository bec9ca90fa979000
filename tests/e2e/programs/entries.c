/* Ways to enter a function in C. What is called unused_... never runs. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT __attribute__((noipa))

int tail_of(int n);
int behind_push(int n), enters_behind_its_push(int n), behind_move(int n), enters_behind_its_move(int n);

static volatile int sink;
static sigjmp_buf back;

/* Aliases: one function with three names. Weak: the strong one is in tail.c. */
KEPT int first_name(int n) { return n + 1; }
int second_name(int n) __attribute__((alias("first_name")));
int third_name(int n) __attribute__((weak, alias("first_name")));
KEPT __attribute__((weak)) int overridden(int n) { return n + sink; }
KEPT __attribute__((weak)) int weak_alone(int n) { return n - sink; }

/* An IFUNC: resolver and chosen implementation run, the other doesn't. */
KEPT static int chosen(int n) { return n * 3; }
KEPT static int unused_implementation(int n) { return n * 5; }
static int (*choose(void))(int) { return sizeof(long) == 8 ? chosen : unused_implementation; }
int indirect(int n) __attribute__((ifunc("choose")));

/* Tail calls: here and to another file; a jump is all the function is. */
KEPT static int tail_end(int n) { return n ^ sink; }
KEPT static int tail_here(int n) { return tail_end(n + 1); }
KEPT static int tail_abroad(int n) { return tail_of(n + 1); }
KEPT static int tail_through_pointer(int (*next)(int), int n) { return next(n); }

KEPT static int computed(const char *program)
{
	static const void *const labels[] = {&&add, &&twice, &&end};
	int n = 0;
	goto *labels[*program++ - '0'];
add:
	n++;
	goto *labels[*program++ - '0'];
twice:
	n *= 2;
	goto *labels[*program++ - '0'];
end:
	return n;
}

KEPT static int recursive(int n) { return n < 2 ? n : recursive(n - 1) + recursive(n - 2); }
KEPT static int odd(int n);
KEPT static int even(int n) { return n ? odd(n - 1) : 1; }
KEPT static int odd(int n) { return n ? even(n - 1) : 0; }

KEPT static void after_jump(void) { sink++; }
KEPT static void unused_after_jump(void) { sink--; }
KEPT static void jumps_back(void) { siglongjmp(back, 1); unused_after_jump(); }

KEPT static void on_signal(int number) { sink += number; }

/* Cold parts, and functions that exist only inlined. */
KEPT static __attribute__((cold)) void rarely(int n) { fprintf(stderr, "rare %d\n", n); }
KEPT static int has_cold_part(int n)
{
	if (__builtin_expect(n < 0, 0)) {
		rarely(n);
		fprintf(stderr, "very rare %d\n", n);
		abort();
	}
	return n + 1;
}
static inline __attribute__((always_inline)) int only_inlined(int n) { return n * n + sink; }

KEPT static __attribute__((constructor)) void constructs(void) { sink = 1; }
KEPT static __attribute__((destructor)) void destructs(void) { sink = 0; }
KEPT static void at_exit(void) { sink = 2; }
#ifdef PREINIT
KEPT static void before_all(void) { sink = 3; }
static __attribute__((section(".preinit_array"), used)) void (*preinit)(void) = before_all;
#endif
KEPT static int compares(const void *a, const void *b) { return *(const char *)a - *(const char *)b; }
KEPT static int unused_callback(const volatile void *a, const volatile void *b) { return b > a; }
KEPT int unused_export(int n) { return unused_callback(&n, &sink); }

int main(void)
{
	char word[] = "callback";

	signal(SIGUSR1, on_signal);
	atexit(at_exit);
	printf("%d %d %d\n", second_name(1), overridden(2), weak_alone(3));
	printf("%d %d %d\n", indirect(4), tail_here(5), tail_abroad(6));
	printf("%d %d\n", tail_through_pointer(tail_end, 7), computed("0101012"));
	printf("%d %d\n", recursive(10), even(10));
	raise(SIGUSR1);
	if (!sigsetjmp(back, 1))
		jumps_back();
	after_jump();
	printf("%d %d\n", has_cold_part(1), only_inlined(2));
	printf("%d %d\n", enters_behind_its_push(1), enters_behind_its_move(1));
	qsort(word, strlen(word), 1, compares);
	puts(word);
	if (sink < -1)
		unused_export(1);
	return 0;
}

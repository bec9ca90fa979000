/* A plug-in with a constructor and a destructor; WHICH is its name. */
#define NAMED(a, b) NAMED_(a, b)
#define NAMED_(a, b) a##b
#define KEPT __attribute__((noipa))

static volatile int sink;

KEPT static __attribute__((constructor)) void NAMED(constructs_, WHICH)(void) { sink = 1; }
KEPT static __attribute__((destructor)) void NAMED(destructs_, WHICH)(void) { sink = 0; }
KEPT static int NAMED(works_in_, WHICH)(int n) { return n + sink; }
KEPT int NAMED(unused_in_, WHICH)(int n) { return n - sink; }
KEPT int entry(int n) { return NAMED(works_in_, WHICH)(n) * 2; }

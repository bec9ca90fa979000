/* Another file for entries.c: tail calls end here. */
__attribute__((noipa)) int tail_of(int n) { return n + 40; }
__attribute__((noipa)) int overridden(int n) { return n + 50; }

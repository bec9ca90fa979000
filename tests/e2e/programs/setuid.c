/* Says who runs it; set-user-ID makes the effective user root. */
#include <stdio.h>
#include <unistd.h>

static __attribute__((noipa)) int only_if_privileged(void) { return 1; }
static __attribute__((noipa)) int unused_if_privileged(void) { return 0; }

int main(void)
{
	printf("%d %d\n", (int)getuid() != 0, geteuid() == 0 ? only_if_privileged() : unused_if_privileged());
	return 0;
}

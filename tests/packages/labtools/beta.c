/* A plug-in of labplug. */
#include <stdio.h>

__attribute__((noinline)) static int greet(const char *name)
{
    return printf("plug-in %s\n", name) < 0;
}

__attribute__((noinline)) int beta_unused(int number)
{
    return number * 5;
}

int plugin_entry(void)
{
    return greet("beta");
}

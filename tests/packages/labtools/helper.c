/* The helper in libexec that labexec starts. */
#include <stdio.h>

__attribute__((noinline)) static int report(const char *argument)
{
    return printf("helper runs, %s\n", argument) < 0;
}

int main(int argc, char **argv)
{
    return report(argc > 1 ? argv[1] : "no argument");
}

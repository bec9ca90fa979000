/* The program of a package whose only function names are in its minidebuginfo. */
#include <stdio.h>

__attribute__((noinline)) static int named_in_minidebuginfo(int number)
{
    return printf("labmini runs, %d\n", number) < 0;
}

__attribute__((noinline, used)) static int never_called(int number)
{
    return puts("never") + number;
}

int main(int argc, char **argv)
{
    (void)argv;
    return named_in_minidebuginfo(argc);
}

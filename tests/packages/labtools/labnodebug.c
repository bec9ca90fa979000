/* The program of a package without debuginfo. */
#include <stdio.h>

__attribute__((noinline)) static int unnamed(int number)
{
    return printf("labnodebug runs, %d\n", number) < 0;
}

int main(int argc, char **argv)
{
    (void)argv;
    return unnamed(argc);
}

/* One of the two programs of labparent-tools. */
#include "pair.h"

__attribute__((noinline)) static int chosen(struct pair pair)
{
    return printf("labparent-left runs, %d\n", pair.left) < 0;
}

int main(int argc, char **argv)
{
    (void)argv;
    return chosen((struct pair){.left = argc, .right = -argc});
}

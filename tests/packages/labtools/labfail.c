/* The program of a package whose scriptlet fails. */
#include <stdio.h>

int main(void)
{
    return puts("labfail runs") < 0;
}

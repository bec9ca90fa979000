/* Types that both programs have, so that dwz finds something to share. */
#include <stdio.h>

struct pair {
    int left;
    int right;
};

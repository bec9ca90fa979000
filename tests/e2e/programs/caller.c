/* Calls functions by number, in order. Usage: caller LIBRARY FIRST END STEP */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	void *library = argc == 5 ? dlopen(argv[1], RTLD_NOW) : NULL;
	if (!library)
		return 1;
	for (int number = atoi(argv[2]); number < atoi(argv[3]); number += atoi(argv[4])) {
		char name[32];
		snprintf(name, sizeof name, "function_%d", number);
		((void (*)(void))dlsym(library, name))();
	}
	return 0;
}

/* Loads plug-ins. Usage: host [dlopen|dlmopen|unused] FILE... ("unused" loads and looks up, but doesn't call) */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT __attribute__((noipa))

KEPT static void *ordinary(const char *file) { return dlopen(file, RTLD_NOW); }
KEPT static void *in_new_namespace(const char *file) { return dlmopen(LM_ID_NEWLM, file, RTLD_NOW); }

int main(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		void *plugin = (strcmp(argv[i], "dlmopen") ? ordinary : in_new_namespace)(argv[i + 1]);
		if (!plugin) {
			fprintf(stderr, "%s\n", dlerror());
			return 1;
		}
		int (*entry)(int) = (int (*)(int))dlsym(plugin, "entry");
		if (strcmp(argv[i], "unused"))
			printf("%d\n", entry(i));
		dlclose(plugin);
	}
	return 0;
}

/* Loads each plug-in that its arguments name and calls its entry: labplug alpha beta. */
#include <dlfcn.h>
#include <stdio.h>

__attribute__((noinline)) static int run_plugin(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, PLUGINS "/%s.so", name);
    void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!plugin) {
        fprintf(stderr, "labplug: %s\n", dlerror());
        return 1;
    }
    int (*entry)(void) = (int (*)(void))dlsym(plugin, "plugin_entry");
    int status = entry ? entry() : 1;
    dlclose(plugin);
    return status;
}

int main(int argc, char **argv)
{
    int status = 0;
    for (int i = 1; i < argc; i++)
        status |= run_plugin(argv[i]);
    return status;
}

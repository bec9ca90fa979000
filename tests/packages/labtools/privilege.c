/* Says with which rights it runs: built once as a set-user-ID program, once with file capabilities. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

__attribute__((noinline)) static int print_identity(void)
{
    return printf("uid=%d euid=%d\n", (int)getuid(), (int)geteuid());
}

__attribute__((noinline)) static int print_effective_capabilities(void)
{
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");
    if (!status)
        return -1;
    while (fgets(line, sizeof line, status))
        if (!strncmp(line, "CapEff:", 7))
            fputs(line, stdout);
    return fclose(status);
}

int main(int argc, char **argv)
{
    if (print_identity() < 0)
        return 1;
    return argc > 1 && !strcmp(argv[1], "-c") ? print_effective_capabilities() != 0 : 0;
}

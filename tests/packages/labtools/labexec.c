/* Starts its helper, which is in no directory of PATH: in a process of its own and, with -e, in its place. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static int become_helper(const char *argument)
{
    execl(HELPER, HELPER, argument, (char *)NULL);
    perror(HELPER);
    return 127;
}

__attribute__((noinline)) static int start_helper(const char *argument)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(become_helper(argument));
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
    return argc > 1 && !strcmp(argv[1], "-e") ? become_helper("exec") : start_helper("fork");
}

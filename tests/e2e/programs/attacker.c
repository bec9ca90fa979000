/* Ways to execute a program that a shell doesn't know: attacker WAY PROGRAM [ARG]... */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int traced(char **program)
{
	int status = 0;
	pid_t child = fork();

	if (!child) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		execv(program[0], program);
		_exit(76);
	}
	while (waitpid(child, &status, 0) > 0 && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, child, 0, WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 75;
}

int main(int argc, char **argv)
{
	char *way = argv[1], **program = argv + 2, *none[] = { NULL };
	struct rlimit small = { 256 << 10, 256 << 10 }, zero = { 0, 0 };

	if (argc < 3)
		return 79;
	if (!strcmp(way, "traced"))
		return traced(program);
	if (!strcmp(way, "no-arguments"))
		return execve(program[0], none, environ);
	if (!strcmp(way, "by-descriptor"))
		return fexecve(open(program[0], O_PATH | O_CLOEXEC), program, environ);
	if (!strcmp(way, "closed"))
		for (int fd = 0; fd < 1024; fd++)
			close(fd);
	if (!strcmp(way, "small-stack"))
		setrlimit(RLIMIT_STACK, &small);
	if (!strcmp(way, "no-files"))
		setrlimit(RLIMIT_FSIZE, &zero);
	if (!strcmp(way, "no-descriptors"))
		setrlimit(RLIMIT_NOFILE, &zero);
	if (!strcmp(way, "no-dump"))
		prctl(PR_SET_DUMPABLE, 0);
	execv(program[0], program);
	return 78;
}

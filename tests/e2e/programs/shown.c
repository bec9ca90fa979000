/* Shows all that a program gets from whoever starts it, or does what its first argument says. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static volatile int constructed;

__attribute__((constructor, noipa)) static void before_main(void) { constructed = 1; }

__attribute__((noipa)) static void text_of(const char *path)
{
	char line[4096];
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof line, file))
		if (strncmp(line, "Pid:", 4) && strncmp(line, "Tgid:", 5) && strncmp(line, "PPid:", 5)
		    && strncmp(line, "NSpid", 5) && strncmp(line, "NStgid", 6) && strncmp(line, "NSpgid", 6)
		    && strncmp(line, "NSsid", 5) && strncmp(line, "Vm", 2) && strncmp(line, "Rss", 3)
		    && !strstr(line, "ctxt_switches") && strncmp(line, "Mems", 4) && strncmp(line, "SigQ", 4))
			fputs(line, stdout);
	if (file)
		fclose(file);
}

__attribute__((noipa)) static void show(int argc, char **argv)
{
	printf("argc %d constructed %d\n", argc, constructed);
	for (int i = 0; i < argc; i++)
		printf("argument <%s>\n", argv[i]);
	for (char **each = environ; *each; each++)
		printf("variable <%s>\n", *each);
	for (int fd = 0; fd < 100; fd++) {
		struct stat facts;
		if (!fstat(fd, &facts))
			printf("descriptor %d is %o tty %d\n", fd, facts.st_mode & S_IFMT, isatty(fd));
	}
	for (int limit = 0; limit < 16; limit++) {
		struct rlimit value;
		getrlimit(limit, &value);
		printf("limit %d %lu %lu\n", limit, value.rlim_cur, value.rlim_max);
	}
	char where[4096];
	mode_t mask = umask(0);
	printf("cwd %s umask %o nice %d\n", getcwd(where, sizeof where), mask, getpriority(PRIO_PROCESS, 0));
	printf("leader %d %d foreground %d\n", getpid() == getpgrp(), getpid() == getsid(0),
	       isatty(0) ? tcgetpgrp(0) == getpgrp() : -1);
	printf("ids %d %d %d %d\n", getuid(), geteuid(), getgid(), getegid());
	printf("secure %d\n", secure_getenv("PATH") == NULL);
	text_of("/proc/self/status");
	text_of("/proc/self/comm");
	text_of("/proc/self/cgroup");
	text_of("/proc/self/cmdline");
}

/* As programs do that find what belongs to them by their own path. */
static int script_beside(char **rest)
{
	char path[4096], *name;
	ssize_t length = readlink("/proc/self/exe", path, sizeof path - 8);

	path[length < 0 ? 0 : length] = 0;
	if (!(name = strrchr(path, '/')))
		return 95;
	strcpy(name + 1, "script");
	return execv(path, rest);
}

static int again(const char *how, char **rest)
{
	char *arguments[] = { "again", rest[0], rest[0] ? rest[1] : NULL, NULL };
	pid_t child = 0;
	int status = 99;

	if (!strcmp(how, "itself"))
		return execv("/proc/self/exe", arguments);
	if (!strcmp(how, "vfork")) {
		if (!(child = vfork())) {
			execv(getenv("PROGRAM"), arguments);
			_exit(98);
		}
	} else if (posix_spawn(&child, getenv("PROGRAM"), NULL, NULL, arguments, environ)) {
		return 97;
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 96;
}

static int forbid_sockets(char **rest)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof filter / sizeof *filter, filter };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	return execv(getenv("PROGRAM"), rest);
}

static void got(int number) { _exit(number); }

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "exit"))
		return atoi(argv[2]);
	if (argc > 2 && !strcmp(argv[1], "die")) {
		prctl(PR_SET_DUMPABLE, 0);
		signal(atoi(argv[2]), SIG_DFL);
		kill(getpid(), atoi(argv[2]));
		pause();
	}
	if (argc > 1 && !strcmp(argv[1], "sleep")) {
		signal(SIGUSR1, got);
		puts("ready");
		fflush(stdout);
		pause();
	}
	if (argc > 2 && !strcmp(argv[1], "copy")) {
		int c;
		while ((c = getchar()) != EOF)
			putchar(c);
		return atoi(argv[2]);
	}
	if (argc > 2 && (!strcmp(argv[1], "itself") || !strcmp(argv[1], "vfork") || !strcmp(argv[1], "spawn")))
		return again(argv[1], argv + 2);
	if (argc > 2 && !strcmp(argv[1], "itself-beside"))
		return script_beside(argv + 1);
	if (argc > 1 && !strcmp(argv[1], "seccomp"))
		return forbid_sockets(argv + 2);
	show(argc, argv);
	return 0;
}

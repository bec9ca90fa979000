/*
 * Single-steps a program and all it starts, and writes where each instruction that ran lies in its file.
 * Usage: stepper OUTPUT FILE... -- COMMAND [ARG]...
 * Output: FILE, a space and the decimal offset in it, a line each. The exit code is the command's, or 128 and its signal.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILES 8
#define RANGES 32
#define TASKS 4096

static struct { const char *path; dev_t device; ino_t inode; size_t size; unsigned char *ran; } files[FILES];
static int file_count;

/* What a task maps for execution: its ranges of our files, and others, to know them as uninteresting. */
static struct task { pid_t pid; int ranges; struct { unsigned long low, high, offset; int file; } range[RANGES]; } tasks[TASKS];

static struct task *task_of(pid_t pid)
{
	struct task *found = &tasks[pid % TASKS];
	if (found->pid != pid) {
		found->pid = pid;
		found->ranges = 0;
	}
	return found;
}

static void read_maps(struct task *task)
{
	char name[64], line[4352];
	snprintf(name, sizeof name, "/proc/%d/maps", task->pid);
	FILE *maps = fopen(name, "r");
	task->ranges = 0;
	while (maps && fgets(line, sizeof line, maps)) {
		unsigned long low, high, offset, inode;
		unsigned major, minor;
		char mode[5];
		if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu", &low, &high, mode, &offset, &major, &minor, &inode) != 7)
			continue;
		if (mode[2] != 'x' || task->ranges == RANGES)
			continue;
		int file = file_count;
		while (--file >= 0 && files[file].inode != inode)
			;
		task->range[task->ranges].low = low;
		task->range[task->ranges].high = high;
		task->range[task->ranges].offset = offset;
		task->range[task->ranges++].file = file;
	}
	if (maps)
		fclose(maps);
}

static int record(struct task *task, unsigned long address)
{
	for (int i = 0; i < task->ranges; i++)
		if (task->range[i].low <= address && address < task->range[i].high) {
			int file = task->range[i].file;
			unsigned long offset = address - task->range[i].low + task->range[i].offset;
			if (file >= 0 && offset < files[file].size)
				files[file].ran[offset] = 1;
			return 1;
		}
	return 0;
}

int main(int argc, char **argv)
{
	int at = 2, code = 125;
	for (; at < argc && strcmp(argv[at], "--"); at++) {
		struct stat facts;
		if (file_count == FILES || stat(argv[at], &facts)) {
			perror(argv[at]);
			return 125;
		}
		files[file_count].path = argv[at];
		files[file_count].inode = facts.st_ino;
		files[file_count].size = facts.st_size;
		files[file_count++].ran = calloc(1, facts.st_size);
	}
	pid_t first = fork();
	if (!first) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execvp(argv[at + 1], argv + at + 1);
		perror(argv[at + 1]);
		_exit(125);
	}
	int status;
	waitpid(first, &status, 0);
	ptrace(PTRACE_SETOPTIONS, first, 0,
	       PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
	ptrace(PTRACE_CONT, first, 0, 0);
	for (pid_t pid; (pid = waitpid(-1, &status, __WALL)) > 0;) {
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			task_of(pid)->ranges = 0;
			if (pid == first)
				code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			continue;
		}
		int number = WSTOPSIG(status), event = status >> 16;
		struct task *task = task_of(pid);
		if (event == PTRACE_EVENT_EXEC)
			task->ranges = 0;
		unsigned long address = ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user_regs_struct, rip), 0);
		if (!record(task, address)) {
			read_maps(task);
			record(task, address);
		}
		/* A new task begins with SIGSTOP; SIGTRAP is ours, unless the program has an int3. */
		siginfo_t cause = {0};
		ptrace(PTRACE_GETSIGINFO, pid, 0, &cause);
		int ours = event || number == SIGSTOP || (number == SIGTRAP && cause.si_code != SI_KERNEL);
		ptrace(PTRACE_SINGLESTEP, pid, 0, ours ? 0 : number);
	}
	FILE *output = fopen(argv[1], "w");
	if (!output)
		return 125;
	for (int file = 0; file < file_count; file++)
		for (size_t offset = 0; offset < files[file].size; offset++)
			if (files[file].ran[offset])
				fprintf(output, "%s %zu\n", files[file].path, offset);
	fclose(output);
	return code;
}

/*
 * Functions that run once, at the edge of a life. Usage: processes WAY...
 * Every way has a function called after it (dashes as underscores); all others are unused.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEPT __attribute__((noipa))
#define ONCE(name) KEPT void name(void) { sink++; __asm__ volatile("" ::: "memory"); }

extern char **environ;
static volatile int sink;
static char *self;

ONCE(only_in_forked_child)
ONCE(only_in_vforked_child)
ONCE(only_in_spawned)
ONCE(only_before_exit)
ONCE(only_before_kill)
ONCE(only_at_thread_exit)
ONCE(only_in_thread)
ONCE(only_in_child_of_thread)
ONCE(only_in_daemon)
ONCE(only_after_exec)
ONCE(only_in_cancelled_thread)

static void ended(pid_t child)
{
	int status;
	waitpid(child, &status, 0);
	printf("%x\n", status);
	fflush(stdout);
}

static void forks(void)
{
	pid_t child = fork();
	if (!child) {
		only_in_forked_child();
		_exit(3);
	}
	ended(child);
}

static void vforks(void)
{
	pid_t child = vfork();
	if (!child) {
		only_in_vforked_child();
		_exit(4);
	}
	ended(child);
}

static void spawns(void)
{
	pid_t child;
	char *argv[] = {self, "spawned", NULL};
	if (posix_spawn(&child, self, NULL, NULL, argv, environ))
		abort();
	ended(child);
}

static void exits_at_once(void)
{
	fflush(stdout);
	only_before_exit();
	_exit(0);
}

static void kills_itself(void)
{
	only_before_kill();
	kill(getpid(), SIGKILL);
}

static void at_thread_exit(void *unused) { (void)unused; only_at_thread_exit(); }

static void *in_thread(void *unused)
{
	(void)unused;
	pthread_key_t key;
	pthread_key_create(&key, at_thread_exit);
	pthread_setspecific(key, &key);
	only_in_thread();
	return NULL;
}

static void *forks_in_thread(void *unused)
{
	(void)unused;
	pid_t child = fork();
	if (!child) {
		only_in_child_of_thread();
		_exit(5);
	}
	ended(child);
	return NULL;
}

static void at_cancel(void *unused) { (void)unused; only_in_cancelled_thread(); }

static void *waits(void *unused)
{
	pthread_cleanup_push(at_cancel, unused);
	for (;;)
		pause();
	pthread_cleanup_pop(0);
}

static void runs_thread(void *(*function)(void *), int cancel)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, function, NULL))
		abort();
	if (cancel)
		pthread_cancel(thread);
	/* pthread_join would enter libc's functions for waiting only when the thread is the slower one. */
	while (pthread_tryjoin_np(thread, NULL))
		;
}

static void daemonises(void)
{
	int over[2];
	if (pipe(over))
		abort();
	pid_t child = fork();
	if (!child) {
		setsid();
		if (fork())
			_exit(0);
		close(over[0]);
		if (chdir("/"))
			_exit(1);
		only_in_daemon();
		_exit(0);
	}
	ended(child);
	close(over[1]);
	char byte;
	while (read(over[0], &byte, 1) > 0)
		;
}

/* Every process of the relay lives for a moment; the last one writes to the file RELAY. */
static void relays(void)
{
	for (int i = 0; i < 5000; i++)
		if (fork())
			_exit(0);
	FILE *file = fopen(getenv("RELAY"), "w");
	fputs("arrived\n", file);
	fclose(file);
}

static void executes(void)
{
	char *argv[] = {self, "executed", NULL};
	fflush(stdout);
	execv(self, argv);
}

static const struct { const char *name; void (*run)(void); } ways[] = {
	{"fork", forks}, {"vfork", vforks}, {"spawn", spawns}, {"spawned", only_in_spawned},
	{"exit", exits_at_once}, {"kill", kills_itself}, {"daemon", daemonises}, {"exec", executes},
	{"executed", only_after_exec}, {"relay", relays},
};

int main(int argc, char **argv)
{
	self = argv[0];
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "thread"))
			runs_thread(in_thread, 0);
		if (!strcmp(argv[i], "fork-in-thread"))
			runs_thread(forks_in_thread, 0);
		if (!strcmp(argv[i], "cancel"))
			runs_thread(waits, 1);
		for (unsigned way = 0; way < sizeof ways / sizeof *ways; way++)
			if (!strcmp(argv[i], ways[way].name))
				ways[way].run();
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The record of a program's start, as the kernel side writes it and funkqa/trace/starts.py reads it. */
#ifndef FUNKQA_EXECUTION_H
#define FUNKQA_EXECUTION_H

/* What is recorded. */
#define STARTED 0 /* execve(2) succeeded: path and arguments are those of the call */
#define ENTERED 1 /* a program of the plan is at its entry point: `image` says which */
#define SHIMMED 2 /* a shim is about to execute its program: `image` says which */

struct execution {
	u64 at_ns;          /* CLOCK_MONOTONIC */
	u32 kind;
	u32 image;          /* index into ProbePlan.images, unless STARTED */
	u32 pid, parent;    /* thread groups, in the first PID namespace */
	u32 user;           /* real user id, in the first user namespace */
	u32 argument_bytes; /* of all arguments with their zeros; what doesn't fit is cut off */
};

/* Behind it: the path, then the arguments, as much as there is room for. Sizes of arguments are powers of two. */
#define SHORT_PATH 256
#define SHORT_ARGUMENTS 512
#define LONG_PATH 4096
#define LONG_ARGUMENTS 8192

struct short_execution {
	struct execution what;
	char path[SHORT_PATH];
	char arguments[SHORT_ARGUMENTS];
};

struct long_execution {
	struct execution what;
	char path[LONG_PATH];
	char arguments[LONG_ARGUMENTS];
};

#endif

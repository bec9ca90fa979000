// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every probe's program: it counts a hit if the task is in scope, and what the trap cost. Beside it, who is in
 * scope, and which programs were started there.
 *
 * bcc compiles it when a session starts, with these macros defined:
 *   FUNKQA_PROBES    number of hit counters, at least 1
 *   FUNKQA_GROUPS    number of groups of probes that share a link, at least 1
 *   FUNKQA_EVERYONE  1 if every task is in scope, else 0
 *   FUNKQA_RING_BYTES, FUNKQA_PAGE_BYTES   room for records, and a page of memory
 *   TASK_* MM_* SIGNAL_* BPRM_*   offsets into the kernel's structures, from its BTF
 * Maps, the cookies and the record are described in README.md.
 */
#include <linux/types.h>
#include "execution.h"

/* The deepest cgroup that is looked at; systemd nests user sessions about 7 deep. */
#define MAX_CGROUP_LEVEL 16
#define MAX_PROCESSES 16384
#define RECORD_PAGES (FUNKQA_RING_BYTES / FUNKQA_PAGE_BYTES)

/* A cookie, from its lowest bits: probe (32), group (16), nanoseconds that one trap takes (16). */
#define COOKIE_PROBE(cookie) ((u32)(cookie))
#define COOKIE_GROUP(cookie) ((u32)((cookie) >> 32) & 0xffff)
#define COOKIE_COST(cookie) ((cookie) >> 48)

/* Hits in scope, by probe. They only ever grow; user space maps and reads them. */
BPF_F_TABLE("array", u32, u64, hits, FUNKQA_PROBES, BPF_F_MMAPABLE);

/* Nanoseconds spent in traps, in and out of scope, by group. */
BPF_F_TABLE("array", u32, u64, paid, FUNKQA_GROUPS, BPF_F_MMAPABLE);

/* What tasks out of scope ran into: [0] hits, [1] nanoseconds. */
BPF_F_TABLE("array", u32, u64, foreign, 2, BPF_F_MMAPABLE);

/* What is missing: [0] records of programs that were started, [1] processes that should be in scope. */
BPF_F_TABLE("array", u32, u64, lost, 2, BPF_F_MMAPABLE);

/* Ids of the cgroups whose tasks, and their descendants' tasks, are in scope. */
BPF_HASH(scope, u64, u8, 64);

/* Thread groups that are in scope wherever they go: what was started in scope, and what ran a shim. */
BPF_HASH(processes, u32, u8, MAX_PROCESSES);

/* Programs that were started, one struct execution each. */
BPF_RINGBUF_OUTPUT(executions, RECORD_PAGES);

static __always_inline void add(u64 *counter, u64 amount)
{
	if (counter)
		__sync_fetch_and_add(counter, amount);
}

static __always_inline u32 process(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}

static __always_inline bool in_scope(void)
{
	u32 pid = process();

	/* Level 0 is the root cgroup: every task is below it, so it never counts. */
#pragma unroll
	for (int level = 1; level < MAX_CGROUP_LEVEL; level++) {
		u64 id = bpf_get_current_ancestor_cgroup_id(level);
		if (!id)
			break;
		if (scope.lookup(&id))
			return true;
	}
	return processes.lookup(&pid) != NULL;
}

static __always_inline void include(u32 pid)
{
	u8 yes = 1;
	u32 unwatched = 1;

	if (processes.update(&pid, &yes))
		add(lost.lookup(&unwatched), 1);
}

static __always_inline void *pointer_at(const void *structure, u32 offset)
{
	void *pointer = NULL;

	bpf_probe_read_kernel(&pointer, sizeof(pointer), structure + offset);
	return pointer;
}

static __always_inline u32 number_at(const void *structure, u32 offset)
{
	u32 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), structure + offset);
	return number;
}

/* Copies what there is room for; `room` is a power of two, and its last byte stays unused. */
static __always_inline void copy_arguments(struct execution *what, char *arguments, u32 room, u64 begin)
{
	u32 size = what->argument_bytes < room ? what->argument_bytes : room - 1;

	asm volatile("" : "+r"(size)); /* lest the compiler takes out what shows the verifier that it's in range */
	if (bpf_probe_read_user(arguments, size & (room - 1), (void *)begin))
		what->argument_bytes = 0;
}

static __always_inline void lose_record(void)
{
	u32 unrecorded = 0;

	add(lost.lookup(&unrecorded), 1);
}

/* Who runs what; `path` may be NULL. The arguments lie in one piece at the top of the new program's stack. */
static __always_inline void record(u32 kind, u32 image, const void *path)
{
	void *task = (void *)bpf_get_current_task();
	void *mm = pointer_at(task, TASK_MM);
	u64 begin = (u64)pointer_at(mm, MM_ARG_START), end = (u64)pointer_at(mm, MM_ARG_END);
	struct execution what = {
		.at_ns = bpf_ktime_get_ns(),
		.kind = kind,
		.image = image,
		.pid = process(),
		.parent = number_at(pointer_at(task, TASK_REAL_PARENT), TASK_TGID),
		.user = bpf_get_current_uid_gid(),
		.argument_bytes = end > begin ? end - begin : 0,
	};

	if (what.argument_bytes < SHORT_ARGUMENTS) {
		struct short_execution *entry = executions.ringbuf_reserve(sizeof(struct short_execution));
		if (!entry)
			return lose_record();
		entry->what = what;
		entry->path[0] = 0;
		if (!path || bpf_probe_read_kernel_str(entry->path, SHORT_PATH, path) < SHORT_PATH) {
			copy_arguments(&entry->what, entry->arguments, SHORT_ARGUMENTS, begin);
			executions.ringbuf_submit(entry, 0);
			return;
		}
		executions.ringbuf_discard(entry, 0);
	}
	struct long_execution *entry = executions.ringbuf_reserve(sizeof(struct long_execution));
	if (!entry)
		return lose_record();
	entry->what = what;
	entry->path[0] = 0;
	if (path)
		bpf_probe_read_kernel_str(entry->path, LONG_PATH, path);
	copy_arguments(&entry->what, entry->arguments, LONG_ARGUMENTS, begin);
	executions.ringbuf_submit(entry, 0);
}

int funkqa_hit(void *ctx)
{
	u64 cookie = bpf_get_attach_cookie(ctx);
	u64 cost = COOKIE_COST(cookie);
	u32 probe = COOKIE_PROBE(cookie), group = COOKIE_GROUP(cookie);
	u32 hit = 0, time = 1;

	add(paid.lookup(&group), cost);
	if (FUNKQA_EVERYONE || in_scope()) {
		add(hits.lookup(&probe), 1);
	} else {
		add(foreign.lookup(&hit), 1);
		add(foreign.lookup(&time), cost);
	}
	return 0;
}

/* At the entry point of each program of the plan; the cookie is its image. */
int funkqa_entry(void *ctx)
{
	if (FUNKQA_EVERYONE || in_scope())
		record(ENTERED, bpf_get_attach_cookie(ctx), NULL);
	return 0;
}

/* In each shim, which executes its program next; the cookie is the program's image. */
int funkqa_shim(void *ctx)
{
	include(process());
	record(SHIMMED, bpf_get_attach_cookie(ctx), NULL);
	return 0;
}

/* sched_process_exec(task, old pid, linux_binprm): the new program is there and hasn't run yet. */
int funkqa_started(struct bpf_raw_tracepoint_args *ctx)
{
	if (in_scope()) {
		include(process());
		record(STARTED, 0, pointer_at((void *)ctx->args[2], BPRM_FILENAME));
	}
	return 0;
}

/* sched_process_fork(parent, child): a child is in scope even if somebody moves it to another cgroup. */
int funkqa_forked(struct bpf_raw_tracepoint_args *ctx)
{
	u32 child = number_at((void *)ctx->args[1], TASK_TGID);

	if (child != process() && in_scope())
		include(child);
	return 0;
}

/* sched_process_exit(task): the last thread of a process takes it out of scope. */
int funkqa_ended(struct bpf_raw_tracepoint_args *ctx)
{
	u32 pid = process();

	if (!number_at(pointer_at((void *)ctx->args[0], TASK_SIGNAL), SIGNAL_LIVE))
		processes.delete(&pid);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * One program for every probe: it counts a hit if the task is in scope, and what the trap cost.
 *
 * bcc compiles it when a session starts, with these macros defined:
 *   FUNKQA_PROBES    number of hit counters, at least 1
 *   FUNKQA_GROUPS    number of groups of probes that share a link, at least 1
 *   FUNKQA_EVERYONE  1 if every task is in scope, else 0
 * Maps and the cookie are described in README.md.
 */
#include <linux/types.h>

/* The deepest cgroup that is looked at; systemd nests user sessions about 7 deep. */
#define MAX_CGROUP_LEVEL 16

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

/* Ids of the cgroups whose tasks, and their descendants' tasks, are in scope. */
BPF_HASH(scope, u64, u8, 64);

static __always_inline bool in_scope(void)
{
	/* Level 0 is the root cgroup: every task is below it, so it never counts. */
#pragma unroll
	for (int level = 1; level < MAX_CGROUP_LEVEL; level++) {
		u64 id = bpf_get_current_ancestor_cgroup_id(level);
		if (!id)
			return false;
		if (scope.lookup(&id))
			return true;
	}
	return false;
}

static __always_inline void add(u64 *counter, u64 amount)
{
	if (counter)
		__sync_fetch_and_add(counter, amount);
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

"""The eBPF session: links, counters, scope."""

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What exits.bpf.c counted, summed over cores. The kernel's counters only grow; a reading is
 * the difference to the last one. The least and the most of a difference are those of its
 * buckets, no further out than the session's own.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <bpf/bpf.h>

#include "probes/bpf_exits.h"
#include "probes/exits_bpf.skel.h"

static size_t
larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

int
bpf_counts_open(struct bpf_exits *exits)
{
	size_t bytes = larger(sizeof(struct exits_bpf_slot), sizeof(struct exits_bpf_totals));

	exits->n_cores = libbpf_num_possible_cpus();
	if (exits->n_cores < 0)
		return exits->n_cores;
	exits->slots = calloc(EXITS_BPF_SLOTS, sizeof(*exits->slots));
	exits->cores = calloc((size_t)exits->n_cores, bytes);
	return exits->slots && exits->cores ? 0 : -ENOMEM;
}

void
bpf_counts_close(struct bpf_exits *exits)
{
	ring_buffer__free(exits->ring);
	free(exits->slots);
	free(exits->cores);
}

static int
lookup(struct bpf_exits *exits, const struct bpf_map *map, uint32_t index)
{
	return bpf_map_lookup_elem(bpf_map__fd(map), &index, exits->cores);
}

/* Entries of cores stand at multiples of 8 bytes, and so do these. */
static_assert(sizeof(struct exits_bpf_slot) % 8 == 0, "cores' entries are an array");
static_assert(sizeof(struct exits_bpf_totals) % 8 == 0, "cores' entries are an array");

static int
sum_slot(struct bpf_exits *exits, uint32_t index, struct exits_bpf_slot *sum)
{
	const struct exits_bpf_slot *core = exits->cores;
	int error = lookup(exits, exits->skeleton->maps.counters, index);

	*sum = (struct exits_bpf_slot){0};
	for (int i = 0; i < exits->n_cores && !error; i++, core++) {
		sum->count += core->count;
		sum->n += core->n;
		sum->sum_ns += core->sum_ns;
		if (core->least_ns_inverted > sum->least_ns_inverted)
			sum->least_ns_inverted = core->least_ns_inverted;
		if (core->max_ns > sum->max_ns)
			sum->max_ns = core->max_ns;
		for (unsigned int b = 0; b < EXIT_HISTOGRAM_BUCKETS; b++)
			sum->counts[b] += core->counts[b];
	}
	return error;
}

static int
sum_totals(struct bpf_exits *exits, uint32_t set, struct exits_bpf_totals *sum)
{
	const struct exits_bpf_totals *core = exits->cores;
	int error = lookup(exits, exits->skeleton->maps.totals, set);

	*sum = (struct exits_bpf_totals){0};
	for (int i = 0; i < exits->n_cores && !error; i++, core++) {
		for (int event = 0; event < TRACE_EVENTS_N; event++)
			sum->events[event] += core->events[event];
		sum->lost += core->lost;
		sum->records_lost += core->records_lost;
	}
	return error;
}

/* now - before, in the table's form. */
static void
take_difference(const struct exits_bpf_slot *now, const struct exits_bpf_slot *before,
		struct exit_latency *out)
{
	uint64_t least_ns = ~now->least_ns_inverted, low_ns = UINT64_MAX, high_ns = 0;

	*out = (struct exit_latency){.ns_per_tick = 1, .min_ticks = UINT64_MAX};
	for (unsigned int b = 0; b < EXIT_HISTOGRAM_BUCKETS; b++) {
		out->counts[b] = now->counts[b] - before->counts[b];
		out->n += out->counts[b];
		if (!out->counts[b])
			continue;
		if (low_ns == UINT64_MAX)
			low_ns = exit_histogram_low(b);
		high_ns = exit_histogram_low(b + 1) - 1;
	}
	if (!out->n)
		return;
	out->sum_ticks = now->sum_ns - before->sum_ns;
	out->min_ticks = low_ns > least_ns ? low_ns : least_ns;
	out->max_ticks = high_ns < now->max_ns ? high_ns : now->max_ns;
}

static int
read_slot(struct bpf_exits *exits, const struct exits_bpf_key *key, uint32_t index,
	  struct exit_table *table)
{
	struct exits_bpf_slot *before = &exits->slots[index], now;
	struct exit_latency latency;
	struct exit_row *row;
	int error = sum_slot(exits, index, &now);

	if (error || now.count == before->count)
		return error;
	row = exit_table_row(table, key->space, key->code, NULL);
	if (!row)
		return -ENOMEM;
	take_difference(&now, before, &latency);
	row->count += now.count - before->count;
	exit_latency_merge(&row->latency, &latency);
	*before = now;
	return 0;
}

static int
read_slots(struct bpf_exits *exits, uint32_t set, struct exit_table *table)
{
	int map = bpf_map__fd(exits->skeleton->maps.slots), error = 0;
	struct exits_bpf_key key, *last = NULL;
	uint32_t index;

	while (!error && !bpf_map_get_next_key(map, last, &key)) {
		last = &key;
		if (key.set != set)
			continue;
		error = bpf_map_lookup_elem(map, &key, &index);
		if (!error && index < EXITS_BPF_SLOTS)
			error = read_slot(exits, &key, index, table);
	}
	return error;
}

/* Events that begin or end an exit are in the table as that exit. */
static bool
has_row(enum trace_event event)
{
	switch (event) {
	case TRACE_KVM_ENTRY:
	case TRACE_KVM_EXIT:
	case TRACE_KVM_USERSPACE_EXIT:
	case TRACE_KVM_FPU:
	case TRACE_KVM_VMGEXIT_ENTER:
	case TRACE_KVM_VMGEXIT_EXIT:
	case TRACE_KVM_VMGEXIT_MSR_PROTOCOL_ENTER:
	case TRACE_KVM_VMGEXIT_MSR_PROTOCOL_EXIT:
		return false;
	default:
		return true;
	}
}

static int
read_events(const struct exits_bpf_totals *now, const struct exits_bpf_totals *before,
	    struct exit_table *table)
{
	for (enum trace_event event = 0; event < TRACE_EVENTS_N; event++) {
		uint64_t count = now->events[event] - before->events[event];
		struct exit_row *row;

		if (!count || !has_row(event))
			continue;
		row = exit_table_row(table, EXIT_SPACE_EVENT, event, NULL);
		if (!row)
			return -ENOMEM;
		row->count += count;
	}
	return 0;
}

/* Events during which the same program was already at work on that core. */
static uint64_t
missed_by_programs(const struct bpf_exits *exits)
{
	struct bpf_program *program;
	uint64_t missed = 0;

	bpf_object__for_each_program(program, exits->skeleton->obj)
	{
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size))
			missed += info.recursion_misses;
	}
	return missed;
}

/* Of all sets, as they were last read. */
static void
take_stock(struct probe_session *session)
{
	struct bpf_exits *exits = session->state;

	session->events = session->records_lost = session->unmatched = 0;
	session->lost = missed_by_programs(exits);
	for (int set = 0; set < EXIT_AREA_SETS; set++) {
		for (int event = 0; event < TRACE_EVENTS_N; event++)
			session->events += exits->totals[set].events[event];
		session->lost += exits->totals[set].lost;
		session->records_lost += exits->totals[set].records_lost;
	}
	for (uint32_t i = 0; i < EXITS_BPF_SLOTS; i++)
		session->unmatched += exits->slots[i].count - exits->slots[i].n;
}

static int
read_set(struct bpf_exits *exits, uint32_t set, struct exit_table *table)
{
	struct exits_bpf_totals now;
	int error = read_slots(exits, set, table);

	if (!error)
		error = sum_totals(exits, set, &now);
	if (!error)
		error = read_events(&now, &exits->totals[set], table);
	if (!error)
		exits->totals[set] = now;
	return error;
}

int
bpf_counts_read(struct probe_session *session, struct exit_table *table)
{
	uint32_t set = session->set, end = set + 1;
	int error = 0;

	if (session->set == PROBE_ALL_SETS) {
		set = 0;
		end = EXIT_AREA_SETS;
	}
	for (; set < end && !error; set++)
		error = read_set(session->state, set, table);
	if (!error)
		take_stock(session);
	return error;
}

struct receiver {
	void (*each)(const struct exit_record *record, void *arg);
	void *arg;
};

static int
receive(void *context, void *data, size_t size)
{
	const struct exits_bpf_record *raw = data;
	struct receiver *receiver = *(struct receiver **)context;

	if (size < sizeof(*raw))
		return 0;
	receiver->each(&(struct exit_record){.end_ns = raw->end_ns,
					     .duration_ns = raw->duration_ns,
					     .space = raw->space,
					     .code = raw->code,
					     .pid = (pid_t)raw->pid,
					     .tid = (pid_t)raw->tid},
		       receiver->arg);
	return 0;
}

int
bpf_counts_records(struct probe_session *session,
		   void (*each)(const struct exit_record *record, void *arg), void *arg)
{
	struct bpf_exits *exits = session->state;
	struct receiver receiver = {.each = each, .arg = arg};
	int got;

	if (!session->filter.records_bytes)
		return 0;
	exits->receiver = &receiver;
	if (!exits->ring)
		exits->ring = ring_buffer__new(bpf_map__fd(exits->skeleton->maps.records), receive,
					       &exits->receiver, NULL);
	if (!exits->ring)
		return -errno;
	got = ring_buffer__consume(exits->ring);
	exits->receiver = NULL;
	return got < 0 ? got : 0;
}

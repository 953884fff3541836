/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/forwarder.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_lcore.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/log.h"
#include "datapath/forward.h"
#include "datapath/guest/gate.h"

const struct counter forwarder_counters[] = {
	{"packets_in", offsetof(struct forwarder_counters, packets_in), "packets",
	 "received by the guest's application"},
	{"packets_out", offsetof(struct forwarder_counters, packets_out), "packets",
	 "that the port took to send"},
	{"kept", offsetof(struct forwarder_counters, kept), "packets",
	 "that the workload took for itself, or ignored"},
	{"not_taken", offsetof(struct forwarder_counters, not_taken), "packets",
	 "dropped: the device had no room"},
	{"bursts", offsetof(struct forwarder_counters, bursts), "bursts", "that moved packets"},
	{"empty_polls", offsetof(struct forwarder_counters, empty_polls), "polls",
	 "that found none"},
	{"busy_cycles", offsetof(struct forwarder_counters, busy_cycles), "cycles",
	 "in bursts that moved packets"},
	{"cycles", offsetof(struct forwarder_counters, cycles), "cycles",
	 "in all, while not paused"},
	{0},
};

/* A line of its own for what one thread writes all the time. */
struct thread {
	_Alignas(64) struct forwarder_counters counters;
	struct workload_state workload_state;
	struct application applications[QUEUES_MAX]; /* by queue pair; of its own ones */
	_Alignas(64) struct gate gate;
	struct forwarder *forwarder;
	pthread_t thread;
	unsigned int index;
	bool started;
};

struct forwarder {
	struct forwarder_options options;
	int cpus[RTE_MAX_LCORE];
	struct thread threads[]; /* options.n_cpus */
};

/* One burst of each queue pair of the thread's. Counts are the thread's alone to write. */
static inline void
turn(struct thread *thread, const struct forwarder_options *options)
{
	struct forwarder_counters *c = &thread->counters;
	uint64_t start = clock_tsc();

	for (unsigned int q = thread->index; q < options->n_ports; q += options->n_cpus) {
		struct port *port = &options->ports[q];
		uint64_t asleep = port->asleep_cycles;
		struct forwarded forwarded =
			forward_burst(port, &thread->applications[q], options->burst);
		uint64_t end = clock_tsc();

		c->cycles += end - start;
		if (forwarded.in) {
			c->busy_cycles += end - start - (port->asleep_cycles - asleep);
			c->bursts++;
			c->packets_in += forwarded.in;
			c->packets_out += forwarded.sent;
			c->kept += forwarded.kept;
			c->not_taken += forwarded.not_taken;
		} else {
			c->empty_polls++;
		}
		start = end;
	}
}

static void *
run(void *arg)
{
	struct thread *thread = arg;
	const struct forwarder_options *options = &thread->forwarder->options;

	/* Without a number of its own the thread has no cache in front of the pools. */
	if (rte_thread_register())
		log_warning("a forwarding thread got no DPDK lcore: %s", rte_strerror(rte_errno));
	gate_enter(&thread->gate);
	while (gate_pass(&thread->gate))
		turn(thread, options);
	gate_leave(&thread->gate);
	rte_thread_unregister();
	return NULL;
}

static void *
pinned_run(void *arg)
{
	struct thread *thread = arg;
	int cpu = thread->forwarder->cpus[thread->index];
	int error = cpu_pin(cpu);

	if (error)
		log_warning("a forwarding thread is not kept on core %d: %s", cpu,
			    strerror(-error));
	return run(thread);
}

static int
choose_applications(struct thread *thread)
{
	const struct forwarder_options *options = &thread->forwarder->options;
	struct application application;
	int error = workload_open(options->workload, options->config, &thread->workload_state,
				  &application);

	for (unsigned int q = thread->index; q < options->n_ports; q += options->n_cpus)
		thread->applications[q] = forward_application(&options->ports[q], &application);
	return error;
}

int
forwarder_open(const struct forwarder_options *options, struct forwarder **out)
{
	size_t bytes = sizeof(struct forwarder) + options->n_cpus * sizeof(struct thread);
	struct forwarder *forwarder = aligned_alloc(_Alignof(struct forwarder), bytes);
	int error = 0;

	if (!forwarder)
		return -ENOMEM;
	memset(forwarder, 0, bytes);
	forwarder->options = *options;
	memcpy(forwarder->cpus, options->cpus, options->n_cpus * sizeof(options->cpus[0]));
	for (unsigned int i = 0; !error && i < options->n_cpus; i++) {
		struct thread *thread = &forwarder->threads[i];

		thread->forwarder = forwarder;
		thread->index = i;
		error = choose_applications(thread);
		gate_close(&thread->gate);
		if (!error)
			error = -pthread_create(&thread->thread, NULL, pinned_run, thread);
		thread->started = !error;
	}
	if (error) {
		log_error("forwarding threads: %s", strerror(-error));
		forwarder_close(forwarder);
		return error;
	}
	*out = forwarder;
	return 0;
}

void
forwarder_resume(struct forwarder *forwarder)
{
	for (unsigned int i = 0; i < forwarder->options.n_cpus; i++)
		gate_open(&forwarder->threads[i].gate);
}

void
forwarder_pause(struct forwarder *forwarder)
{
	for (unsigned int i = 0; i < forwarder->options.n_cpus; i++)
		gate_close(&forwarder->threads[i].gate);
}

static void
add_counts(const struct counter *table, const void *from, void *sum)
{
	for (const struct counter *c = table; c->name; c++) {
		const void *at = (const uint8_t *)from + c->offset;
		uint64_t *total = (uint64_t *)(void *)((uint8_t *)sum + c->offset);

		*total += __atomic_load_n((const uint64_t *)at, __ATOMIC_RELAXED);
	}
}

void
forwarder_count(const struct forwarder *forwarder, struct forwarder_counters *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (unsigned int i = 0; i < forwarder->options.n_cpus; i++)
		add_counts(forwarder_counters, &forwarder->threads[i].counters, sum);
}

void
forwarder_count_workload(const struct forwarder *forwarder, struct workload_state *sum)
{
	const struct counter *table = forwarder->options.workload->counters;

	memset(sum, 0, sizeof(*sum));
	for (unsigned int i = 0; i < forwarder->options.n_cpus; i++)
		add_counts(table, &forwarder->threads[i].workload_state, sum);
}

void
forwarder_end(struct forwarder *forwarder)
{
	for (unsigned int i = 0; i < forwarder->options.n_cpus; i++) {
		struct thread *thread = &forwarder->threads[i];

		if (!thread->started)
			continue;
		gate_end(&thread->gate);
		pthread_join(thread->thread, NULL);
		thread->started = false;
	}
}

void
forwarder_close(struct forwarder *forwarder)
{
	if (!forwarder)
		return;
	forwarder_end(forwarder);
	for (unsigned int i = 0; i < forwarder->options.n_cpus; i++)
		workload_close(forwarder->options.workload, &forwarder->threads[i].workload_state);
	free(forwarder);
}

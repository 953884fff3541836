/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * folio guest --traffic: the guest is the source and the sink, as folio host is on the
 * other side: for backends that send nothing by themselves.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_lcore.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/log.h"
#include "datapath/guest/gate.h"
#include "datapath/guest/lower.h"
#include "datapath/guest/port_io.h"
#include "datapath/host/collector.h"
#include "datapath/host/generator.h"
#include "datapath/host/host_loop.h"
#include "runner/commands/columns.h"
#include "runner/commands/counts.h"
#include "runner/commands/guest_work.h"
#include "runner/commands/sides.h"

#define WHY_BYTES 1024

struct traffic_work {
	struct port_io port_io;
	struct generator *generator;
	struct collector *collector;
	struct host_loop loop;
	pthread_t thread;
	bool started;
	int cpu;
	struct gate gate;
	atomic_uint n_queues, sessions; /* of the host, for the loop */
	atomic_bool stop, finished;
	struct sides_line last;
};

static struct generator_options
generator_options(const struct guest_options_given *given)
{
	struct generator_options g = {
		.traffic = given->traffic,
		.flows = given->flows,
		.pace = PACE_RATE,
		.rate_pps = given->rate,
		.count = given->count,
		.clock_hz = clock_tsc_hz(),
		/* Frames of a guest before this one have another number. */
		.session = (uint16_t)clock_monotonic_ns(),
	};

	if (given->rate == option_word(GUEST_RATE_MAX))
		g.pace = PACE_MAX;
	else if (given->rate == option_word(GUEST_RATE_CAPTURE))
		g.pace = PACE_TIMES;
	return g;
}

static int
check(const struct guest_plan *plan)
{
	const struct generator_options options = generator_options(&plan->given);
	const struct frame_io nobody = {.n_queues = plan->config.queues};
	uint32_t longest, most = port_io_bytes_max(&plan->config);
	struct generator *generator;
	char why[WHY_BYTES];

	if (generator_open(&options, &nobody, &generator, why, sizeof(why))) {
		log_error("--%s", why);
		return -EINVAL;
	}
	longest = sides_longest_bytes(generator);
	generator_close(generator);
	if (longest <= most)
		return 0;
	log_error("--traffic: found frames of %u B, allowed with this configuration: up to %u%s",
		  longest, most,
		  most < LOWER_FRAME_BYTES_MAX ?
			  " (--set mergeable=on: up to 9000, where frames are copied)" :
			  "");
	return -EINVAL;
}

/* The loop asks in every turn, and waits here while the host is away. */
static struct peer_state
peer(void *arg)
{
	struct traffic_work *work = arg;

	gate_pass(&work->gate);
	return (struct peer_state){
		.n_queues = atomic_load_explicit(&work->n_queues, memory_order_relaxed),
		.sessions = atomic_load_explicit(&work->sessions, memory_order_relaxed),
	};
}

static void *
run(void *arg)
{
	struct traffic_work *work = arg;

	cpu_pin(work->cpu);
	rte_thread_register();
	gate_enter(&work->gate);
	host_loop_run(&work->loop);
	gate_leave(&work->gate);
	rte_thread_unregister();
	atomic_store(&work->finished, true);
	return NULL;
}

static void
end(void *arg)
{
	struct traffic_work *work = arg;

	if (!work->started)
		return;
	atomic_store(&work->stop, true);
	gate_end(&work->gate);
	pthread_join(work->thread, NULL);
	work->started = false;
}

static void
close_work(void *arg)
{
	struct traffic_work *work = arg;

	end(work);
	collector_close(work->collector);
	generator_close(work->generator);
	port_io_close(&work->port_io);
	free(work);
}

static int
open_frames(struct traffic_work *work, const struct guest_plan *plan)
{
	const struct generator_options options = generator_options(&plan->given);
	char why[WHY_BYTES];
	int error = generator_open(&options, &work->port_io.io, &work->generator, why, sizeof(why));

	if (error) {
		log_error("--%s", why);
		return error;
	}
	return collector_open(work->generator, &work->collector);
}

static int
open_work(const struct guest_plan *plan, struct port *ports, void **out)
{
	struct traffic_work *work = calloc(1, sizeof(*work));
	int error;

	if (!work)
		return -ENOMEM;
	work->cpu = plan->cpus[0];
	gate_close(&work->gate);
	error = port_io_open(&work->port_io, ports, plan->config.queues);
	if (!error)
		error = open_frames(work, plan);
	work->loop = (struct host_loop){
		.io = &work->port_io.io,
		.generator = work->generator,
		.collector = work->collector,
		.peer = peer,
		.peer_arg = work,
		.n_queues_max = plan->config.queues,
		.settle_ns = plan->given.settle_ns,
		.stop = &work->stop,
	};
	if (!error)
		error = -pthread_create(&work->thread, NULL, run, work);
	work->started = !error;
	if (error)
		close_work(work);
	else
		*out = work;
	return error;
}

static void
resume(void *arg)
{
	struct traffic_work *work = arg;

	atomic_fetch_add(&work->sessions, 1);
	atomic_store(&work->n_queues, work->port_io.io.n_queues);
	gate_open(&work->gate);
}

static void
pause_work(void *arg)
{
	struct traffic_work *work = arg;

	gate_close(&work->gate);
	atomic_store(&work->n_queues, 0);
}

static bool
done(const void *arg)
{
	const struct traffic_work *work = arg;

	return atomic_load(&work->finished);
}

static void
print_line(void *arg, double seconds)
{
	struct traffic_work *work = arg;

	sides_print_traffic(&work->last, &work->generator->counters,
			    collector_counts(work->collector), seconds);
}

static void
count(const void *arg, struct columns *columns)
{
	const struct traffic_work *work = arg;

	counts_rows(columns, "", generator_counters, &work->generator->counters);
	counts_rows(columns, "", collector_counters, collector_counts(work->collector));
	counts_rows(columns, "", host_loop_counters, &work->loop.counters);
}

static enum exit_status
status(const void *arg)
{
	const struct traffic_work *work = arg;
	uint64_t corrupted = collector_counts(work->collector)->corrupted;

	sides_warn_of_foreign(collector_counts(work->collector));
	if (!corrupted)
		return EXIT_DONE;
	log_error("%llu frames came back damaged", (unsigned long long)corrupted);
	return EXIT_VERDICT_FAILED;
}

const struct guest_work_ops guest_traffic = {
	.check = check,
	.open = open_work,
	.resume = resume,
	.pause = pause_work,
	.done = done,
	.print_line = print_line,
	.end = end,
	.count = count,
	.status = status,
	.close = close_work,
};

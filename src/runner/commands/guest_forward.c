/* SPDX-License-Identifier: BSD-3-Clause */
/* folio guest: forwarding what the host sends. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "datapath/guest/forwarder.h"
#include "datapath/workloads/workload.h"
#include "runner/commands/columns.h"
#include "runner/commands/counts.h"
#include "runner/commands/guest_work.h"

struct forward {
	struct forwarder *forwarder;
	const struct workload *workload;
	struct forwarder_counters last; /* at the line before */
};

static int
check(const struct guest_plan *plan)
{
	(void)plan;
	return 0;
}

static int
open_work(const struct guest_plan *plan, struct port *ports, void **work)
{
	const struct forwarder_options options = {
		.ports = ports,
		.n_ports = plan->config.queues,
		.workload = plan->workload,
		.config = &plan->config,
		.burst = (uint16_t)plan->config.burst,
		.cpus = plan->cpus,
		.n_cpus = plan->n_cpus,
	};
	struct forward *forward = calloc(1, sizeof(*forward));
	int error = forward ? forwarder_open(&options, &forward->forwarder) : -ENOMEM;

	if (error) {
		free(forward);
		return error;
	}
	forward->workload = plan->workload;
	*work = forward;
	return 0;
}

static void
resume(void *work)
{
	forwarder_resume(((struct forward *)work)->forwarder);
}

static void
pause_work(void *work)
{
	forwarder_pause(((struct forward *)work)->forwarder);
}

static bool
done(const void *work)
{
	(void)work;
	return false;
}

static void
print_line(void *work, double seconds)
{
	struct forward *forward = work;
	struct forwarder_counters now, *last = &forward->last;
	char in[COUNTS_TEXT_BYTES], out[COUNTS_TEXT_BYTES];

	forwarder_count(forward->forwarder, &now);
	double cycles = (double)(now.cycles - last->cycles);

	printf("received %s, sent %s, not taken %llu, busy %.1f%%",
	       counts_rate(now.packets_in - last->packets_in, seconds, in),
	       counts_rate(now.packets_out - last->packets_out, seconds, out),
	       (unsigned long long)now.not_taken,
	       cycles > 0 ? 100 * (double)(now.busy_cycles - last->busy_cycles) / cycles : 0);
	*last = now;
}

static void
end(void *work)
{
	struct forward *forward = work;

	forwarder_end(forward->forwarder);
}

static void
count(const void *work, struct columns *columns)
{
	const struct forward *forward = work;
	struct workload_state workload;
	struct forwarder_counters sum;

	forwarder_count(forward->forwarder, &sum);
	counts_rows(columns, "", forwarder_counters, &sum);
	if (!forward->workload->counters)
		return;
	forwarder_count_workload(forward->forwarder, &workload);
	counts_rows(columns, forward->workload->name, forward->workload->counters, &workload);
}

static enum exit_status
status(const void *work)
{
	(void)work;
	return EXIT_DONE;
}

static void
close_work(void *work)
{
	struct forward *forward = work;

	forwarder_close(forward->forwarder);
	free(forward);
}

const struct guest_work_ops guest_forward = {
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

/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/host_hints.h"

#include "base/log.h"
#include "datapath/host/generator.h"
#include "datapath/host/host_loop.h"
#include "runner/commands/counts.h"
#include "runner/commands/host_esp.h"
#include "runner/commands/host_report.h"
#include "runner/commands/sides.h"

#define ESP_HINT_S 2u

static void
say_none_came(const struct host_hints *hints)
{
	if (hints->server)
		log_note("no guest has come to %s yet: does one run, with the same --socket, and "
			 "with --client? One that refuses this host says why",
			 hints->socket);
	else
		log_note("nobody listens at %s yet: is the guest running, with the same --socket, "
			 "and without --client? One that refuses this host says why",
			 hints->socket);
}

static void
say_none_taken(const struct host_hints *hints)
{
	log_warning("no frame was taken: does the guest poll, and are frames of up to %u B longer "
		    "than its buffers? (folio guest --set mergeable=on takes up to 9000 B)",
		    hints->longest_bytes);
}

/* Once, and not of what is still under way. */
static void
look_at_esp(struct host_hints *hints, const struct host_counts *counts)
{
	const char *suspicion = host_esp_suspicion(counts);

	if (suspicion && ++hints->seconds_suspect == ESP_HINT_S)
		log_warning("%s", suspicion);
}

void
host_hints_look(struct host_hints *hints, const struct host_counts *counts)
{
	bool there = counts_read(&counts->loop->queues);

	hints->seconds_there = there ? hints->seconds_there + 1 : 0;
	if (++hints->seconds == SIDES_WAIT_HINT_S && !counts_read(&counts->loop->sessions))
		say_none_came(hints);
	look_at_esp(hints, counts);
	if (!there || hints->none_taken || counts_read(&counts->generator->sent))
		return;
	/* The guest may have come just before the first look at it. */
	hints->none_taken = hints->max_rate ? (hints->seconds_there - 1) * UINT64_C(1000000000) >
						      hints->settle_ns :
					      counts_read(&counts->generator->not_taken);
	if (hints->none_taken)
		say_none_taken(hints);
}

void
host_hints_end(const struct host_hints *hints, const struct host_counts *counts)
{
	if (!counts->generator->sent && (hints->max_rate || counts->generator->not_taken))
		say_none_taken(hints);
	host_esp_warn_of_unsealed(counts);
	sides_warn_of_foreign(counts->collector);
}

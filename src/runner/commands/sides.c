/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/sides.h"

#include <inttypes.h>
#include <stdio.h>

#include <rte_common.h>

#include "base/log.h"
#include "datapath/host/collector.h"
#include "datapath/host/generator.h"
#include "runner/commands/counts.h"

void
sides_print_traffic(struct sides_line *last, const struct generator_counters *out,
		    const struct collector_counters *back, double seconds)
{
	const struct sides_line now = {.sent = counts_read(&out->sent),
				       .received = counts_read(&back->received)};
	uint64_t foreign = counts_read(&back->foreign);
	char sent[COUNTS_TEXT_BYTES], received[COUNTS_TEXT_BYTES];

	printf("sent %s, received %s; in all not taken %" PRIu64 ", lost %" PRIu64
	       ", at disconnect %" PRIu64 ", reordered %" PRIu64 ", corrupted %" PRIu64,
	       counts_rate(now.sent - last->sent, seconds, sent),
	       counts_rate(now.received - last->received, seconds, received),
	       counts_read(&out->not_taken), counts_read(&back->lost),
	       counts_read(&back->lost_at_disconnect), counts_read(&back->reordered),
	       counts_read(&back->corrupted));
	if (foreign)
		printf(", foreign %" PRIu64, foreign);
	*last = now;
}

void
sides_warn_of_foreign(const struct collector_counters *back)
{
	if (back->foreign)
		log_warning("%" PRIu64
			    " frames were none of ours: does the other side send traffic of its "
			    "own? (Some may come back from an earlier session.)",
			    back->foreign);
}

uint32_t
sides_longest_bytes(const struct generator *generator)
{
	uint32_t longest = 0;

	for (uint32_t i = 0; generator->is_capture && i < generator->capture.n; i++)
		longest = RTE_MAX(longest, generator->capture.frames[i].length_bytes);
	for (size_t i = 0; i < IMIX_SIZES; i++)
		longest = RTE_MAX(longest, generator->templates[i].length_bytes);
	return longest;
}

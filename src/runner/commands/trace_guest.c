/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/trace_guest.h"

#include <inttypes.h>
#include <stdio.h>

#include "probes/guest_match.h"
#include "probes/names.h"
#include "runner/report/format.h"

#define NUMBER_BYTES 32

static void
print_quantiles(const struct exit_latency *latency)
{
	char p50[NUMBER_BYTES], p99[NUMBER_BYTES];

	printf(" %9s %9s", format_ns(exit_latency_quantile_ns(latency, 0.5), p50, sizeof(p50)),
	       format_ns(exit_latency_quantile_ns(latency, 0.99), p99, sizeof(p99)));
}

static void
print_rows(const struct guest_match *match)
{
	printf("%-34s %9s %9s %9s %9s %9s %9s %9s\n", "VMGEXIT", "pairs", "whole p50", "p99",
	       "host p50", "p99", "guest p50", "p99");
	for (size_t i = 0; i < match->whole.n; i++) {
		const struct exit_row *row = match->whole.rows[i];
		char name[EXIT_NAME_BYTES];

		printf("%-34s %9" PRIu64, exit_row_name(row, name, sizeof(name)), row->count);
		print_quantiles(&row->latency);
		print_quantiles(&match->in_host.rows[i]->latency);
		print_quantiles(&match->in_guest.rows[i]->latency);
		putchar('\n');
	}
}

int
trace_guest_print(const struct trace_options *options)
{
	const struct trace_marks marks = {options->guest_begin, options->guest_end};
	struct guest_match match;
	int err = guest_match_read(options->import, options->guest, &marks, &match);

	if (err)
		return err;
	printf("\n%s: %" PRIu64 " of %" PRIu64 " handlings hold one of %" PRIu64
	       " VMGEXITs; %" PRIu64 " events lost\n",
	       options->guest, match.pairs, match.handlings, match.vmgexits, match.lost);
	printf("the guest's clock is %.0f ns ahead of the host's; residual %.0f ns (median), %.0f "
	       "ns "
	       "(90%%)\n",
	       match.offset_ns, match.residual_p50_ns, match.residual_p90_ns);
	printf("of handlings that the offset was found by, %" PRIu64
	       " fit; at the next best offset %" PRIu64 "\n\n",
	       match.best_pairs, match.next_best_pairs);
	print_rows(&match);
	guest_match_free(&match);
	return 0;
}

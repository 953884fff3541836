/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two traces of one VM, its host's and its own, made one: the guest marks where it begins and ends
 * to handle a #VC, the host sees the VMGEXIT that lies within. What is told apart so is the
 * guest's own part, with the way there and back, and the host's.
 *
 * The clocks are not the same. Their offset is looked for among those at which one of the guest's
 * first handlings would meet one of its CPU's first VMGEXITs: the one at which most handlings
 * hold a VMGEXIT is taken, and made precise as the median over all pairs of how far the two
 * middles are apart. A VM that does the same at equal distances fits at several offsets; how
 * many pairs the next best one makes is said, too. Memory: 40 bytes a handling and a VMGEXIT.
 */
#ifndef FOLIO_PROBES_GUEST_MATCH_H
#define FOLIO_PROBES_GUEST_MATCH_H

#include <stdint.h>

#include "probes/exit_table.h"
#include "probes/trace_file.h"

struct guest_match {
	uint64_t handlings, vmgexits; /* that have begun and ended */
	uint64_t lost;                /* events of either trace, as it says itself */
	uint64_t pairs;
	uint64_t next_best_pairs; /* of those looked at for the offset, at another one; */
	uint64_t best_pairs;      /* and at the one that was taken */
	double offset_ns;         /* the guest's clock minus the host's */
	double residual_p50_ns;   /* by how much a pair's middles are apart from that, */
	double residual_p90_ns;   /* as a quantile over the pairs */
	/* By the VMGEXIT's reason; rows stand in one order. exit_table_free() frees each. */
	struct exit_table whole;    /* of the guest's handling */
	struct exit_table in_host;  /* from the VMGEXIT to its end */
	struct exit_table in_guest; /* the difference: the guest's own, and the way */
};

/*
 * Reads both. marks: what the guest's trace calls begin and end. Returns 0 or what
 * trace_file_read() does; -ENODATA after log_error() when no handling holds a VMGEXIT.
 */
int guest_match_read(const char *host_path, const char *guest_path, const struct trace_marks *marks,
		     struct guest_match *out);

void guest_match_free(struct guest_match *match);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "probes/guest_match.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/compare.h"
#include "base/log.h"
#include "probes/spans.h"

/* Of each trace, so many on a CPU are tried on each other, and so many handlings judge a try. */
#define TRIED_MAX 48
#define JUDGES_MAX 256

static int64_t
middle_ns(const struct span *span)
{
	return span->begin_ns + (span->end_ns - span->begin_ns) / 2;
}

/* The first VMGEXIT on that vCPU that begins then or later, or whatever follows. */
static size_t
first_from(const struct spans *host, uint32_t vcpu_id, int64_t begin_ns)
{
	const struct span wanted = {.vcpu_id = vcpu_id, .begin_ns = begin_ns};
	size_t low = 0, high = host->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (span_compare(&host->at[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The VMGEXIT whose middle lies within the handling, and nearest to its own; NULL: there is none. */
static const struct span *
held_by(const struct span *handling, const struct spans *host, double offset_ns)
{
	int64_t offset = (int64_t)llround(offset_ns), nearest_ns = INT64_MAX;
	size_t i = first_from(host, handling->vcpu_id, handling->begin_ns - offset);
	const struct span *found = NULL;

	/* One that has begun before may have its middle within. */
	for (i -= i > 0; i < host->n; i++) {
		const struct span *vmgexit = &host->at[i];
		int64_t at_ns = middle_ns(vmgexit) + offset;

		if (vmgexit->vcpu_id > handling->vcpu_id ||
		    (vmgexit->vcpu_id == handling->vcpu_id && at_ns > handling->end_ns))
			break;
		if (vmgexit->vcpu_id != handling->vcpu_id || at_ns < handling->begin_ns ||
		    llabs(at_ns - middle_ns(handling)) >= nearest_ns)
			continue;
		nearest_ns = llabs(at_ns - middle_ns(handling));
		found = vmgexit;
	}
	return found;
}

static uint64_t
count_pairs(const struct spans *guest, const struct spans *host, double offset_ns)
{
	size_t step = guest->n / JUDGES_MAX + 1;
	uint64_t pairs = 0;

	for (size_t i = 0; i < guest->n; i += step)
		pairs += held_by(&guest->at[i], host, offset_ns) != NULL;
	return pairs;
}

/* The longest handling: offsets that are closer than that are one. */
static int64_t
longest_ns(const struct spans *guest)
{
	int64_t longest = 0;

	for (size_t i = 0; i < guest->n; i++)
		if (guest->at[i].end_ns - guest->at[i].begin_ns > longest)
			longest = guest->at[i].end_ns - guest->at[i].begin_ns;
	return longest;
}

/* One try. A better one than the best puts that in the next best's place, if it is another one. */
static void
try_offset(const struct spans *guest, const struct spans *host, double offset_ns, int64_t apart_ns,
	   struct guest_match *out)
{
	uint64_t pairs = count_pairs(guest, host, offset_ns);
	bool other = fabs(offset_ns - out->offset_ns) > (double)apart_ns;

	if (pairs > out->best_pairs) {
		if (other)
			out->next_best_pairs = out->best_pairs;
		out->best_pairs = pairs;
		out->offset_ns = offset_ns;
	} else if (other && pairs > out->next_best_pairs) {
		out->next_best_pairs = pairs;
	}
}

/* On the vCPU that the guest's trace begins with, after sorting. */
static void
find_offset(const struct spans *guest, const struct spans *host, struct guest_match *out)
{
	uint32_t vcpu_id = guest->at[0].vcpu_id;
	size_t first = first_from(host, vcpu_id, INT64_MIN);
	int64_t apart_ns = longest_ns(guest);

	for (size_t i = 0; i < TRIED_MAX && i < guest->n && guest->at[i].vcpu_id == vcpu_id; i++)
		for (size_t j = first;
		     j < first + TRIED_MAX && j < host->n && host->at[j].vcpu_id == vcpu_id; j++)
			try_offset(guest, host,
				   (double)(middle_ns(&guest->at[i]) - middle_ns(&host->at[j])),
				   apart_ns, out);
}

/* How far the pairs' middles are apart, less offset_ns, sorted by size. Returns how many pairs. */
static size_t
list_distances(const struct spans *guest, const struct spans *host, double offset_ns, bool absolute,
	       double *distances_ns)
{
	size_t n = 0;

	for (size_t i = 0; i < guest->n; i++) {
		const struct span *vmgexit = held_by(&guest->at[i], host, offset_ns);
		double apart_ns;

		if (!vmgexit)
			continue;
		apart_ns = (double)(middle_ns(&guest->at[i]) - middle_ns(vmgexit)) - offset_ns;
		distances_ns[n++] = absolute ? fabs(apart_ns) : apart_ns;
	}
	qsort(distances_ns, n, sizeof(distances_ns[0]), compare_doubles);
	return n;
}

static int
refine_offset(const struct spans *guest, const struct spans *host, struct guest_match *out)
{
	double *distances_ns = calloc(guest->n, sizeof(*distances_ns));
	size_t n;

	if (!distances_ns)
		return -ENOMEM;
	n = list_distances(guest, host, out->offset_ns, false, distances_ns);
	out->offset_ns += n ? distances_ns[n / 2] : 0;
	n = list_distances(guest, host, out->offset_ns, true, distances_ns);
	out->pairs = n;
	out->residual_p50_ns = n ? distances_ns[n / 2] : NAN;
	out->residual_p90_ns = n ? distances_ns[n - 1 - n / 10] : NAN;
	free(distances_ns);
	return 0;
}

static int
add_time(struct exit_table *table, const struct span *vmgexit, int64_t ns)
{
	struct exit_row *row = exit_table_row(table, vmgexit->space, vmgexit->code, NULL);

	if (!row)
		return -ENOMEM;
	row->count++;
	row->latency.ns_per_tick = 1;
	exit_latency_add(&row->latency, ns > 0 ? (uint64_t)ns : 0);
	return 0;
}

static int
fill_tables(const struct spans *guest, const struct spans *host, struct guest_match *out)
{
	int error = 0;

	for (size_t i = 0; i < guest->n && !error; i++) {
		const struct span *handling = &guest->at[i];
		const struct span *vmgexit = held_by(handling, host, out->offset_ns);
		int64_t whole_ns = handling->end_ns - handling->begin_ns, host_ns;

		if (!vmgexit)
			continue;
		host_ns = vmgexit->end_ns - vmgexit->begin_ns;
		error = add_time(&out->whole, vmgexit, whole_ns);
		if (!error)
			error = add_time(&out->in_host, vmgexit, host_ns);
		if (!error)
			error = add_time(&out->in_guest, vmgexit, whole_ns - host_ns);
	}
	return error;
}

static int
match(const struct spans *guest, const struct spans *host, struct guest_match *out)
{
	int error;

	out->handlings = guest->n;
	out->vmgexits = host->n;
	out->lost = guest->lost + host->lost;
	if (guest->n && host->n)
		find_offset(guest, host, out);
	if (!out->best_pairs)
		return -ENODATA;
	error = refine_offset(guest, host, out);
	return error ? error : fill_tables(guest, host, out);
}

int
guest_match_read(const char *host_path, const char *guest_path, const struct trace_marks *marks,
		 struct guest_match *out)
{
	struct spans host = {0}, guest = {0};
	int error = spans_read(host_path, NULL, &host);

	*out = (struct guest_match){0};
	if (!error)
		error = spans_read(guest_path, marks, &guest);
	if (!error)
		error = match(&guest, &host, out);
	if (error == -ENODATA)
		log_error("%s: %llu handlings between %s and %s, %s: %llu VMGEXITs, and on no vCPU "
			  "do they meet",
			  guest_path, (unsigned long long)out->handlings, marks->begin, marks->end,
			  host_path, (unsigned long long)out->vmgexits);
	free(host.at);
	free(guest.at);
	if (error)
		guest_match_free(out);
	return error;
}

void
guest_match_free(struct guest_match *match)
{
	exit_table_free(&match->whole);
	exit_table_free(&match->in_host);
	exit_table_free(&match->in_guest);
}

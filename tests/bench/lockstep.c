/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Guest cycles per packet in lock-step: ideal, folio and their ratio at 64 and
 * 1500 B, the A/A ratio, and the harness alone. Slices take turns A B B A; a
 * figure is the median over the pairs.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/scratch.h"
#include "datapath/eal.h"
#include "datapath/host/traffic.h"
#include "datapath/lockstep.h"
#include "datapath/sources/source.h"

#define PAIRS 64
#define SLICE_NS 500000
/* Two devices without bounce slots. */
#define SHARED_BYTES (16u << 20)

struct figures {
	double a_cycles[PAIRS], b_cycles[PAIRS], host_cycles[PAIRS], ratio[PAIRS];
};

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *values)
{
	qsort(values, PAIRS, sizeof(*values), compare);
	return (values[PAIRS / 2 - 1] + values[PAIRS / 2]) / 2;
}

static double
quantile(double *values, double share)
{
	qsort(values, PAIRS, sizeof(*values), compare);
	return values[(int)(share * (PAIRS - 1))];
}

static int
slice(struct lane *lane, struct slice *result)
{
	memset(result, 0, sizeof(*result));
	result->duration_ns = SLICE_NS;
	result->warmup_bursts = 16;
	return lane_slice(lane, result);
}

static int
measure(struct lane *a, struct lane *b, struct figures *figures)
{
	static struct slice a1, b1, b2, a2;

	for (int i = 0; i < PAIRS; i++) {
		if (slice(a, &a1) || slice(b, &b1) || slice(b, &b2) || slice(a, &a2))
			return -1;
		figures->a_cycles[i] = (a1.guest_cycles_per_packet + a2.guest_cycles_per_packet) / 2;
		figures->b_cycles[i] = (b1.guest_cycles_per_packet + b2.guest_cycles_per_packet) / 2;
		figures->host_cycles[i] = (b1.host_cycles_per_packet + b2.host_cycles_per_packet) / 2;
		figures->ratio[i] = sqrt(b1.guest_cycles_per_packet * b2.guest_cycles_per_packet /
					 (a1.guest_cycles_per_packet * a2.guest_cycles_per_packet));
	}
	return 0;
}

static void
print(const char *size, const char *name, struct figures *figures)
{
	printf("%6s B  %-16s %8.1f %8.1f %8.1f   %.4f  [%.4f, %.4f]\n", size, name,
	       median(figures->a_cycles), median(figures->b_cycles), median(figures->host_cycles),
	       median(figures->ratio), quantile(figures->ratio, 0.25),
	       quantile(figures->ratio, 0.75));
}

static int
run(struct lockstep *bench)
{
	static const char *const sizes[] = {"64", "1500"};
	struct datapath_config ideal, folio;
	struct lane *a, *aa, *b, *null;
	struct traffic traffic[2];
	struct figures figures;
	char why[256];

	datapath_config_init(&ideal);
	folio = ideal;
	folio.sources[source_find("bounce_copy")].on = true;
	if (lockstep_add(bench, &ideal, "vhost-user", false, &a) ||
	    lockstep_add(bench, &ideal, "vhost-user", false, &aa) ||
	    lockstep_add(bench, &folio, "vhost-user", false, &b) ||
	    lockstep_add(bench, &ideal, "null", false, &null))
		return -1;
	printf("%8s  %-16s %8s %8s %8s   %s\n", "frame", "compared", "A guest", "B guest", "B host",
	       "B/A, guest [quartiles of pairs]");
	for (int i = 0; i < 2; i++) {
		if (traffic_open(sizes[i], 1, &traffic[i], why, sizeof(why))) {
			log_error("%s", why);
			return -1;
		}
		if (lockstep_set_traffic(bench, &traffic[i]) || measure(a, aa, &figures))
			return -1;
		print(sizes[i], "ideal, ideal", &figures);
		if (measure(a, b, &figures))
			return -1;
		print(sizes[i], "ideal, folio", &figures);
		if (measure(null, null, &figures))
			return -1;
		print(sizes[i], "harness, harness", &figures);
	}
	return 0;
}

int
main(void)
{
	char scratch[SCRATCH_PATH_BYTES];
	struct lockstep_options options = {
		.socket_dir = scratch, .workload = "macswap", .verify_every = 64};
	struct lockstep *bench;
	int error;

	if (scratch_open(scratch))
		return EXIT_FAILURE;
	error = datapath_start(-1, scratch, SHARED_BYTES);
	if (!error)
		error = lockstep_open(&options, &bench);
	if (!error) {
		printf("TSC cycles per packet at %.3f GHz, %s, %s; %d pairs of %d us slices\n",
		       (double)clock_tsc_hz() / 1e9, datapath_page_kind(), datapath_dpdk_version(),
		       PAIRS, SLICE_NS / 1000);
		error = run(bench);
		lockstep_close(bench);
	}
	scratch_close(scratch);
	return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

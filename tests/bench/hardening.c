/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the checks of the hardened rings cost the guest, in cycles per packet at
 * 64 B. One lane each on split and packed rings, ideal and folio; between slices,
 * which take turns A B B A, its rings are given the functions of a build without
 * checks (VIRTQUEUE_CHECKED) and get their own back. So device, memory and all
 * other code are the same, and the two differ in the checks alone:
 * of the used index, of ids, of lengths, and whether the queue is in service. That
 * each field is read once, and that links, addresses and mbufs are kept in private
 * memory, is in both.
 *
 * Where functions lie in a program has a cost too: the control compares the rings'
 * own functions with a second copy of them.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/scratch.h"
#include "datapath/eal.h"
#include "datapath/host/traffic.h"
#include "datapath/lane.h"
#include "datapath/lockstep.h"
#include "datapath/sources/source.h"
#include "pairs.h"

/* Two devices without bounce slots. */
#define SHARED_BYTES (16u << 20)

extern const struct virtqueue_format virtqueue_format_split_again;
extern const struct virtqueue_format virtqueue_format_split_unchecked;
extern const struct virtqueue_format virtqueue_format_packed_again;
extern const struct virtqueue_format virtqueue_format_packed_unchecked;

/* By index into virtqueue_formats[]. */
static const struct virtqueue_format *const again[] = {&virtqueue_format_split_again,
						       &virtqueue_format_packed_again};
static const struct virtqueue_format *const unchecked[] = {&virtqueue_format_split_unchecked,
							   &virtqueue_format_packed_unchecked};

/* The lane's device is drained: its rings hold nothing. */
static void
use_format(struct lane *lane, const struct virtqueue_format *format)
{
	struct virtio_net_queue *queue = &lane->device->guest.virtio_net->queues[0];

	queue->rx.ops = queue->tx.ops = &format->ops[false][false];
}

static int
slice_with(struct lane *lane, const struct virtqueue_format *format, double *cycles)
{
	static struct slice result;
	int error;

	use_format(lane, format);
	error = slice(lane, &result);
	*cycles += result.guest_cycles_per_packet / 2;
	return error;
}

struct figures {
	double a_cycles[PAIRS], b_cycles[PAIRS], less_cycles[PAIRS];
};

static int
measure(struct lane *lane, const struct virtqueue_format *a, const struct virtqueue_format *b,
	struct figures *figures)
{
	*figures = (struct figures){0};
	for (int i = 0; i < PAIRS; i++) {
		double *a_cycles = &figures->a_cycles[i], *b_cycles = &figures->b_cycles[i];

		if (slice_with(lane, a, a_cycles) || slice_with(lane, b, b_cycles) ||
		    slice_with(lane, b, b_cycles) || slice_with(lane, a, a_cycles))
			return -1;
		figures->less_cycles[i] = *a_cycles - *b_cycles;
	}
	return 0;
}

static int
compare(struct lane *lane, const char *name, const char *against, const struct virtqueue_format *b)
{
	static struct figures figures;

	if (measure(lane, virtqueue_formats[lane->config.format], b, &figures))
		return -1;
	printf("%-14s  checked, %-15s %8.1f %8.1f   %+.2f  [%+.2f, %+.2f]\n", name, against,
	       median(figures.a_cycles), median(figures.b_cycles), median(figures.less_cycles),
	       quantile(figures.less_cycles, 0.25), quantile(figures.less_cycles, 0.75));
	return 0;
}

static int
run_lane(struct lockstep *bench, uint32_t format, bool copying)
{
	struct datapath_config config;
	struct lane *lane;
	char name[32];
	int error;

	datapath_config_init(&config);
	config.format = format;
	config.sources[source_find("bounce_copy")].on = copying;
	if (lockstep_add(bench, &config, "vhost-user", false, &lane))
		return -1;
	snprintf(name, sizeof(name), "%s: %s", virtqueue_format_names[format],
		 copying ? "folio" : "ideal");
	error = compare(lane, name, "checked again", again[format]);
	if (!error)
		error = compare(lane, name, "unchecked", unchecked[format]);
	use_format(lane, virtqueue_formats[format]);
	return error;
}

static int
run(struct lockstep *bench, struct traffic *traffic)
{
	char why[256];

	if (traffic_open("64", 1, traffic, why, sizeof(why))) {
		log_error("%s", why);
		return -1;
	}
	if (lockstep_set_traffic(bench, traffic))
		return -1;
	printf("%-14s  %-24s %8s %8s   %s\n", "rings", "A, B", "A", "B",
	       "A - B [quartiles of pairs]");
	for (uint32_t format = 0; virtqueue_formats[format]; format++)
		if (run_lane(bench, format, false) || run_lane(bench, format, true))
			return -1;
	return 0;
}

int
main(void)
{
	char scratch[SCRATCH_PATH_BYTES];
	struct lockstep_options options = {
		.socket_dir = scratch, .workload = "macswap", .verify_every = 64};
	struct traffic traffic = {0};
	struct lockstep *bench;
	int error;

	if (scratch_open(scratch))
		return EXIT_FAILURE;
	error = datapath_start(-1, scratch, SHARED_BYTES);
	if (!error)
		error = lockstep_open(&options, &bench);
	if (!error) {
		printf("TSC cycles per packet at %.3f GHz, 64 B, %s, %s; %d pairs of %d us "
		       "slices\n",
		       (double)clock_tsc_hz() / 1e9, datapath_page_kind(datapath_huge_pages()),
		       datapath_dpdk_version(), PAIRS, SLICE_NS / 1000);
		error = run(bench, &traffic);
		lockstep_close(bench);
		traffic_close(&traffic);
	}
	scratch_close(scratch);
	return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Guest cycles per packet in lock-step, on split and packed rings, at 64 and
 * 1500 B: ideal, folio, header and the peer (DPDK's virtio-user, by its fastest
 * path and by its default one), their ratios, the A/A ratio, and the
 * harness alone. Slices take turns A B B A; a figure is the median over the pairs.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/scratch.h"
#include "datapath/eal.h"
#include "datapath/host/traffic.h"
#include "datapath/lockstep.h"
#include "datapath/sources/bounce_copy.h"
#include "pairs.h"

/* Three devices without bounce slots. */
#define SHARED_BYTES (16u << 20)

struct figures {
	double a_cycles[PAIRS], b_cycles[PAIRS], host_cycles[PAIRS], ratio[PAIRS];
};

static int
measure(struct lane *a, struct lane *b, struct figures *figures)
{
	static struct slice a1, b1, b2, a2;

	for (int i = 0; i < PAIRS; i++) {
		if (slice(a, &a1) || slice(b, &b1) || slice(b, &b2) || slice(a, &a2))
			return -1;
		figures->a_cycles[i] =
			(a1.guest_cycles_per_packet + a2.guest_cycles_per_packet) / 2;
		figures->b_cycles[i] =
			(b1.guest_cycles_per_packet + b2.guest_cycles_per_packet) / 2;
		figures->host_cycles[i] =
			(b1.host_cycles_per_packet + b2.host_cycles_per_packet) / 2;
		figures->ratio[i] = sqrt(b1.guest_cycles_per_packet * b2.guest_cycles_per_packet /
					 (a1.guest_cycles_per_packet * a2.guest_cycles_per_packet));
	}
	return 0;
}

static void
print(const char *size, const char *name, struct figures *figures)
{
	printf("%6s B  %-27s %8.1f %8.1f %8.1f   %.4f  [%.4f, %.4f]\n", size, name,
	       median(figures->a_cycles), median(figures->b_cycles), median(figures->host_cycles),
	       median(figures->ratio), quantile(figures->ratio, 0.25),
	       quantile(figures->ratio, 0.75));
}

enum {
	IDEAL,
	IDEAL_AGAIN,
	FOLIO,
	HEADER,
	PEER,
	DEFAULT_PEER,
	PACKED_IDEAL,
	PACKED_IDEAL_AGAIN,
	PACKED_FOLIO,
	PACKED_HEADER,
	PACKED_PEER,
	PACKED_DEFAULT_PEER,
	HARNESS,
	LANES
};

static const struct {
	const char *copy; /* bounce_copy's mode; NULL: off */
	bool packed;
	const char *device;
	const char *devargs; /* of the peer; NULL: no peer */
} lane_kinds[LANES] = {
	[IDEAL] = {NULL, false, "vhost-user", NULL},
	[IDEAL_AGAIN] = {NULL, false, "vhost-user", NULL},
	[FOLIO] = {"shadow", false, "vhost-user", NULL},
	[HEADER] = {"header", false, "vhost-user", NULL},
	[PEER] = {NULL, false, "virtio-user", ""},
	[DEFAULT_PEER] = {NULL, false, "virtio-user", "mrg_rxbuf=0"},
	[PACKED_IDEAL] = {NULL, true, "vhost-user", NULL},
	[PACKED_IDEAL_AGAIN] = {NULL, true, "vhost-user", NULL},
	[PACKED_FOLIO] = {"shadow", true, "vhost-user", NULL},
	[PACKED_HEADER] = {"header", true, "vhost-user", NULL},
	[PACKED_PEER] = {NULL, true, "virtio-user", ""},
	[PACKED_DEFAULT_PEER] = {NULL, true, "virtio-user", "mrg_rxbuf=0"},
	[HARNESS] = {NULL, false, "null", NULL},
};

static const struct {
	const char *name;
	int a, b;
} comparisons[] = {
	{"split: ideal, ideal", IDEAL, IDEAL_AGAIN},
	{"split: ideal, folio", IDEAL, FOLIO},
	{"split: ideal, header", IDEAL, HEADER},
	{"split: peer, ideal", PEER, IDEAL},
	{"split: peer, folio", PEER, FOLIO},
	{"split: default peer, ideal", DEFAULT_PEER, IDEAL},
	{"split: default peer, folio", DEFAULT_PEER, FOLIO},
	{"packed: ideal, ideal", PACKED_IDEAL, PACKED_IDEAL_AGAIN},
	{"packed: ideal, folio", PACKED_IDEAL, PACKED_FOLIO},
	{"packed: ideal, header", PACKED_IDEAL, PACKED_HEADER},
	{"packed: peer, ideal", PACKED_PEER, PACKED_IDEAL},
	{"packed: peer, folio", PACKED_PEER, PACKED_FOLIO},
	{"packed: default peer, ideal", PACKED_DEFAULT_PEER, PACKED_IDEAL},
	{"packed: default peer, folio", PACKED_DEFAULT_PEER, PACKED_FOLIO},
	{"harness, harness", HARNESS, HARNESS},
};

static int
set_copy(struct datapath_config *config, const char *mode)
{
	struct source_setting *setting = &config->sources[source_find("bounce_copy")];
	char why[256];

	setting->on = mode != NULL;
	return mode ? option_parse(options_find(source_bounce_copy.options, "mode"),
				   setting->options, mode, why, sizeof(why)) :
		      0;
}

static int
open_lanes(struct lockstep *bench, struct lane *lanes[LANES])
{
	for (int i = 0; i < LANES; i++) {
		struct datapath_config config;

		datapath_config_init(&config);
		if (lane_kinds[i].devargs) {
			config.device = DEVICE_VIRTIO_USER;
			strcpy(config.devargs, lane_kinds[i].devargs);
		}
		config.format = lane_kinds[i].packed;
		if (set_copy(&config, lane_kinds[i].copy) ||
		    lockstep_add(bench, &config, lane_kinds[i].device, false, &lanes[i]))
			return -1;
	}
	return 0;
}

static int
compare_all(struct lockstep *bench, struct lane *lanes[LANES], const char *size,
	    struct traffic *traffic)
{
	struct figures figures;
	char why[256];

	if (traffic_open(size, 1, traffic, why, sizeof(why))) {
		log_error("%s", why);
		return -1;
	}
	if (lockstep_set_traffic(bench, traffic))
		return -1;
	for (size_t i = 0; i < sizeof(comparisons) / sizeof(comparisons[0]); i++) {
		if (measure(lanes[comparisons[i].a], lanes[comparisons[i].b], &figures))
			return -1;
		print(size, comparisons[i].name, &figures);
	}
	return 0;
}

/* traffics outlive the bench, which refers to the last one. */
static int
run(struct lockstep *bench, struct traffic traffics[2])
{
	struct lane *lanes[LANES];

	if (open_lanes(bench, lanes))
		return -1;
	printf("%8s  %-27s %8s %8s %8s   %s\n", "frame", "A, B", "A guest", "B guest", "B host",
	       "B/A, guest [quartiles of pairs]");
	return compare_all(bench, lanes, "64", &traffics[0]) ||
			       compare_all(bench, lanes, "1500", &traffics[1]) ?
		       -1 :
		       0;
}

int
main(void)
{
	char scratch[SCRATCH_PATH_BYTES];
	struct lockstep_options options = {
		.socket_dir = scratch, .workload = "macswap", .verify_every = 64};
	struct traffic traffics[2] = {0};
	struct lockstep *bench;
	int error;

	if (scratch_open(scratch))
		return EXIT_FAILURE;
	datapath_expect(&(struct datapath_config){.device = DEVICE_VIRTIO_USER});
	error = datapath_start(-1, scratch, SHARED_BYTES);
	if (!error)
		error = lockstep_open(&options, &bench);
	if (!error) {
		printf("TSC cycles per packet at %.3f GHz, %s, %s; %d pairs of %d us slices\n",
		       (double)clock_tsc_hz() / 1e9, datapath_page_kind(datapath_huge_pages()),
		       datapath_dpdk_version(), PAIRS, SLICE_NS / 1000);
		error = run(bench, traffics);
		lockstep_close(bench);
		traffic_close(&traffics[0]);
		traffic_close(&traffics[1]);
	}
	scratch_close(scratch);
	return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Everything that a generator needs before its first step. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "datapath/host/generator.h"
#include "datapath/host/generator_stage.h"
#include "datapath/host/sequence.h"
#include "datapath/host/udp_frame.h"

#define WHY_BYTES 1024

static void
shuffle_mix(struct generator *g)
{
	struct random_state random = {g->options.seed};
	uint32_t n = 0;

	for (uint8_t size = 0; size < IMIX_SIZES; size++)
		for (uint32_t i = 0; i < GENERATOR_MIX_ENTRIES / IMIX_ROUND * imix_shares[size];
		     i++)
			g->mix[n++] = size;
	random_shuffle(&random, g->mix, n, sizeof(g->mix[0]));
}

static int
open_imix(struct generator *g)
{
	int error = 0;

	for (unsigned int i = 0; i < IMIX_SIZES && !error; i++)
		error = frame_template_open(&g->templates[i], imix_bytes[i]);
	shuffle_mix(g);
	return error;
}

static int
open_fixed(struct generator *g, char *why, size_t why_size)
{
	unsigned long size;

	if (traffic_size(g->options.traffic, &size) < 0 || size < MARKED_BYTES_MIN ||
	    size > JUMBO_BYTES_MAX) {
		snprintf(why, why_size,
			 "traffic: found '%.60s', allowed: a frame size of %u to %u B, "
			 "payload:SIZE, imix, or pcap:FILE",
			 g->options.traffic, MARKED_BYTES_MIN, JUMBO_BYTES_MAX);
		return -EINVAL;
	}
	return frame_template_open(&g->templates[0], (uint16_t)size);
}

static int
open_payload(struct generator *g, const char *text, char *why, size_t why_size)
{
	unsigned long size;
	int error = traffic_size(text, &size);

	if (error < 0 || size < PAYLOAD_BYTES_MIN || size > JUMBO_BYTES_MAX - UDP_HEADERS_BYTES) {
		snprintf(why, why_size,
			 "traffic: found 'payload:%.60s', allowed: a payload of %u to %u B", text,
			 PAYLOAD_BYTES_MIN, JUMBO_BYTES_MAX - UDP_HEADERS_BYTES);
		return -EINVAL;
	}
	if (size < MARKED_PAYLOAD_BYTES_MIN && g->options.flows > SHORT_FLOWS_MAX) {
		snprintf(why, why_size,
			 "traffic: found %u flows of payload:%lu, allowed: at most %u flows, or a "
			 "payload of at least %u B: a shorter one cannot tell more of them apart",
			 g->options.flows, size, SHORT_FLOWS_MAX, MARKED_PAYLOAD_BYTES_MIN);
		return -EINVAL;
	}
	return frame_template_open_payload(&g->templates[0], (uint16_t)size);
}

static int
hash_flows(struct generator *g)
{
	uint8_t *frame = g->templates[0].bytes;

	g->numbers = calloc(g->n_items, sizeof(*g->numbers));
	g->hashes = calloc(g->n_items, sizeof(*g->hashes));
	if (!g->numbers || !g->hashes)
		return -ENOMEM;
	for (uint32_t flow = 0; flow < g->n_items; flow++) {
		g->templates[0].mark(&g->templates[0], frame, &(struct mark){.flow = flow});
		g->hashes[flow] = spread_hash(frame, g->templates[0].length_bytes);
	}
	return 0;
}

static int
open_marked(struct generator *g, char *why, size_t why_size)
{
	const char *text = g->options.traffic;
	int error;

	if (!strcmp(text, "imix"))
		error = open_imix(g);
	else if (!strncmp(text, TRAFFIC_PAYLOAD, strlen(TRAFFIC_PAYLOAD)))
		error = open_payload(g, text + strlen(TRAFFIC_PAYLOAD), why, why_size);
	else
		error = open_fixed(g, why, why_size);
	if (error)
		return error;
	g->n_items = g->options.flows;
	g->n_streams = g->n_items;
	g->due_entries = SEQUENCE_WINDOW;
	return hash_flows(g);
}

static int
open_capture(struct generator *g, const char *path, char *why, size_t why_size)
{
	char reason[WHY_BYTES];
	int error =
		traffic_open_capture(path, JUMBO_BYTES_MAX, &g->capture, reason, sizeof(reason));

	if (error) {
		snprintf(why, why_size, "traffic: %s", reason);
		return error;
	}
	snprintf(why, why_size, "traffic: %.60s: not enough memory", path);
	g->is_capture = true;
	g->n_items = g->capture.n;
	g->n_streams = QUEUES_MAX;
	g->due_entries = GENERATOR_LOG_ENTRIES;
	g->numbers = calloc(QUEUES_MAX, sizeof(*g->numbers));
	g->log = calloc(QUEUES_MAX, sizeof(*g->log));
	g->hashes = calloc(g->n_items, sizeof(*g->hashes));
	if (!g->numbers || !g->log || !g->hashes)
		return -ENOMEM;
	for (uint32_t i = 0; i < g->n_items; i++)
		g->hashes[i] =
			spread_hash(g->capture.frames[i].bytes, g->capture.frames[i].length_bytes);
	return 0;
}

/* A capture's own timing goes on after its last frame with its mean gap. */
static int
open_pace(struct generator *g, char *why, size_t why_size)
{
	const struct traffic *capture = &g->capture;

	g->pace = (struct pace){.kind = g->options.pace,
				.clock_hz = g->options.clock_hz,
				.rate_pps = g->options.rate_pps};
	if (g->options.pace != PACE_TIMES)
		return 0;
	if (!g->is_capture) {
		snprintf(why, why_size,
			 "rate: found 'capture' for traffic '%.60s', which has no timing of its "
			 "own; "
			 "allowed: max, or a rate such as 50 kpps",
			 g->options.traffic);
		return -EINVAL;
	}
	uint64_t last_ns = capture->times_ns[capture->n - 1];

	if (capture->n < 2 || !last_ns) {
		snprintf(why, why_size,
			 "rate: found 'capture', but all frames of %.60s have one time; allowed: "
			 "max, "
			 "or a rate such as 50 kpps",
			 capture->label);
		return -EINVAL;
	}
	g->pace.times_ns = capture->times_ns;
	g->pace.n = capture->n;
	g->pace.round_ns = last_ns + last_ns / (capture->n - 1);
	return 0;
}

int
generator_open(const struct generator_options *options, const struct frame_io *io,
	       struct generator **out, char *why, size_t why_size)
{
	struct generator *g = calloc(1, sizeof(*g));
	int error;

	snprintf(why, why_size, "traffic: %.60s: not enough memory", options->traffic);
	if (!g)
		return -ENOMEM;
	g->options = *options;
	g->io = io;
	g->session = options->session;
	error = !strncmp(options->traffic, "pcap:", 5) ?
			open_capture(g, options->traffic + 5, why, why_size) :
			open_marked(g, why, why_size);
	if (!error)
		error = open_pace(g, why, why_size);
	if (error) {
		generator_close(g);
		return error;
	}
	generator_choose_stage(g);
	*out = g;
	return 0;
}

int
generator_keep_times(struct generator *g, struct latency_window *window)
{
	g->due_cycles = calloc((size_t)g->due_entries * g->n_streams, sizeof(*g->due_cycles));
	if (!g->due_cycles)
		return -ENOMEM;
	g->window = window;
	generator_choose_stage(g);
	return 0;
}

void
generator_close(struct generator *g)
{
	if (!g)
		return;
	generator_pause(g);
	for (unsigned int i = 0; i < IMIX_SIZES; i++)
		frame_template_close(&g->templates[i]);
	traffic_close(&g->capture);
	free(g->hashes);
	free(g->numbers);
	free(g->log);
	free(g->due_cycles);
	free(g);
}

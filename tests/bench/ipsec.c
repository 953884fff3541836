/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What ESP costs without rings, in cycles per packet: opened in place, opened out of
 * shared memory straight into private (fused), and copied first and then opened; and the
 * same of sealing. All by the same code and cipher, on bursts of 32 packets that lie in
 * the core's cache. The ways take turns, forth and back, round by round; in place is there
 * twice, as a control. Ratios are those of a round; interval: 95%, of their median, by the
 * ranks of the binomial distribution.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_memcpy.h>

#include "base/clock.h"
#include "base/compare.h"
#include "datapath/host/udp_frame.h"
#include "datapath/ipsec/esp_fused.h"
#include "datapath/workloads/udp_net.h"

#define BURST 32u
#define ROUNDS 600u
#define BUFFER_BYTES 2048u
#define HEADROOM 128u

enum way { IN_PLACE, IN_PLACE_AGAIN, FUSED, COPIED, WAYS };

static const char *const way_names[] = {"in place", "in place again", "fused", "copied"};

/* One way's packets, and both ends of its association. */
struct side {
	struct esp_fused *seals, *opens;
	_Alignas(64) uint8_t shared[BURST][HEADROOM + BUFFER_BYTES];
	_Alignas(64) uint8_t private[BURST][HEADROOM + BUFFER_BYTES];
};

static struct side sides[WAYS];
static double cycles[WAYS][ROUNDS], ratios[ROUNDS];

static uint16_t
seal(struct side *side, uint8_t *frame, uint32_t n, uint8_t *to)
{
	uint16_t bytes = esp_fused_bytes(side->seals, frame, n, 64, BUFFER_BYTES);

	esp_fused_send(side->seals, frame, n, to);
	return bytes;
}

static void
make(uint8_t *frame, uint32_t n)
{
	memset(frame, 0x5a, n);
	udp_headers_write((struct udp_headers *)frame, UDP_NET_CLIENT_PORT,
			  (uint16_t)(n - UDP_HEADERS_BYTES));
}

/* Cycles to open a burst that has just been sealed. */
static uint64_t
open_burst(struct side *side, enum way way, uint32_t frame_bytes)
{
	uint16_t shift = esp_fused_shift(side->opens), bytes = 0;
	_Alignas(2) uint8_t frame[BUFFER_BYTES];

	for (uint32_t i = 0; i < BURST; i++) {
		make(frame, frame_bytes);
		bytes = seal(side, frame, frame_bytes, side->shared[i] + HEADROOM);
	}
	uint64_t start = clock_tsc();

	for (uint32_t i = 0; i < BURST; i++) {
		uint8_t *from = side->shared[i] + HEADROOM, *to = side->private[i] + HEADROOM;

		if (way == COPIED)
			from = rte_memcpy(to, from, bytes);
		if (way != FUSED)
			to = from + shift;
		if (esp_fused_receive(side->opens, from, bytes, to) != frame_bytes)
			abort();
	}
	return clock_tsc() - start;
}

static uint64_t
seal_burst(struct side *side, enum way way, uint32_t frame_bytes)
{
	uint16_t shift = esp_fused_shift(side->opens), bytes = 0;

	for (uint32_t i = 0; i < BURST; i++)
		make(side->private[i] + HEADROOM, frame_bytes);
	uint64_t start = clock_tsc();

	for (uint32_t i = 0; i < BURST; i++) {
		uint8_t *frame = side->private[i] + HEADROOM, *to = side->shared[i] + HEADROOM;

		bytes = seal(side, frame, frame_bytes, way == FUSED ? to : frame - shift);
		if (way == COPIED)
			rte_memcpy(to, frame - shift, bytes);
	}
	return clock_tsc() - start;
}

static void
print_ratio(enum way way)
{
	double half = 0.98 * sqrt(ROUNDS);
	double middle;

	for (uint32_t i = 0; i < ROUNDS; i++)
		ratios[i] = cycles[way][i] / cycles[IN_PLACE][i];
	qsort(ratios, ROUNDS, sizeof(*ratios), compare_doubles);
	middle = ratios[ROUNDS / 2];
	printf("  %-14s %.3f [%.3f, %.3f]", way_names[way], middle,
	       ratios[(uint32_t)(ROUNDS / 2 - half)], ratios[(uint32_t)(ROUNDS / 2 + half)]);
}

static void
measure(const char *name, uint64_t (*burst)(struct side *side, enum way way, uint32_t frame_bytes),
	uint32_t frame_bytes)
{
	for (uint32_t round = 0; round < ROUNDS; round++) {
		for (unsigned int i = 0; i < WAYS; i++)
			cycles[i][round] =
				(double)burst(&sides[i], (enum way)i, frame_bytes) / (2 * BURST);
		for (unsigned int i = WAYS; i-- > 0;)
			cycles[i][round] +=
				(double)burst(&sides[i], (enum way)i, frame_bytes) / (2 * BURST);
	}
	for (unsigned int way = IN_PLACE_AGAIN; way < WAYS; way++) {
		if (way == IN_PLACE_AGAIN)
			printf("%s %4u B", name, frame_bytes);
		print_ratio((enum way)way);
	}
	qsort(cycles[IN_PLACE], ROUNDS, sizeof(double), compare_doubles);
	printf("  (in place %.0f cycles)\n", cycles[IN_PLACE][ROUNDS / 2]);
}

static int
open_sides(uint32_t cipher)
{
	const struct esp_options options = {
		.cipher = cipher, .esn = true, .window = 64, .spi_in = 4097, .spi_out = 4098};
	struct esp_spec in, out;

	esp_spec_of(&options, true, &in);
	esp_spec_of(&options, false, &out);
	for (unsigned int i = 0; i < WAYS; i++)
		if (esp_fused_open(&in, &out, true, &sides[i].opens) ||
		    esp_fused_open(&out, &in, true, &sides[i].seals))
			return -1;
	return 0;
}

int
main(void)
{
	static const uint32_t sizes[] = {512, 768, 1024, 1280, 1500};

	printf("ratios to in place, cycles per packet at %.3f GHz, AES-GCM, transport mode; median "
	       "of %u rounds of 2 bursts [95%%]\n",
	       (double)clock_tsc_hz() / 1e9, ROUNDS);
	for (uint32_t cipher = 0; esp_cipher_names[cipher]; cipher++) {
		printf("%s\n", esp_cipher_names[cipher]);
		if (open_sides(cipher))
			return EXIT_FAILURE;
		for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			measure("RX", open_burst, sizes[i]);
		for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			measure("TX", seal_burst, sizes[i]);
		for (unsigned int i = 0; i < WAYS; i++) {
			esp_fused_close(sides[i].opens);
			esp_fused_close(sides[i].seals);
		}
	}
	return EXIT_SUCCESS;
}

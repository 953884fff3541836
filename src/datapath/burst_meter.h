/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What bursts cost, where they differ in length: the mean of the middle half of
 * the packets, ordered by what a packet of their burst cost. What preemption and
 * interrupts stretch lies outside, and so do bursts that are short because the
 * other side was. With bursts of one length it is the mean of the middle half of
 * the bursts.
 *
 * It holds the last BURST_METER_BURSTS; 512 KiB.
 */
#ifndef FOLIO_DATAPATH_BURST_METER_H
#define FOLIO_DATAPATH_BURST_METER_H

#include <stdint.h>

#define BURST_METER_BURSTS 65536u /* a power of two */

struct metered_burst {
	uint32_t cycles;
	uint32_t packets;
};

struct burst_meter {
	uint64_t bursts, packets, cycles; /* all, also those that it no longer holds */
	struct metered_burst last[BURST_METER_BURSTS];
};

void burst_meter_reset(struct burst_meter *meter);

/* packets > 0 */
static inline void
burst_meter_add(struct burst_meter *meter, uint64_t cycles, uint32_t packets)
{
	meter->last[meter->bursts++ % BURST_METER_BURSTS] = (struct metered_burst){
		cycles < UINT32_MAX ? (uint32_t)cycles : UINT32_MAX, packets};
	meter->packets += packets;
	meter->cycles += cycles;
}

/* Cycles per packet; not a number when there was no burst. Changes the order of the bursts held. */
double burst_meter_middle_half(struct burst_meter *meter);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source vc: each point at which an SNP guest would exit through its #VC handler
 * costs one exit. Which points those are is chosen one by one:
 *
 *   doorbell   charged each time that the driver has offered buffers, also where a
 *              polling device asks for no notification: a device behind an emulated
 *              doorbell register is told each time
 *   timestamp  the guest reads a time stamp of each burst that it received
 *   idle, interrupt, eoi
 *              of a guest that sleeps (source interrupt): it halts; the interrupt is
 *              injected; it is acknowledged. A polling guest meets none of them. A
 *              vCPU that has halted is outside already: where idle is chosen, the
 *              interrupt that ends the halt needs no exit of its own unless the host
 *              makes one.
 *
 * The cost has two parts: what the guest does before it leaves (the #VC handler
 * decodes the instruction and fills in the GHCB), and the exit. Published figures are
 * those of both together, so decode is 0 unless they are given apart.
 */
#include <errno.h>
#include <stdlib.h>

#include "datapath/exits/exit.h"
#include "datapath/sources/source.h"

/* In the order of enum exit_point. */
static const char *const points[] = {"doorbell", "interrupt", "eoi", "timestamp", "idle", NULL};

_Static_assert(sizeof(points) / sizeof(points[0]) == POINTS + 1, "each point has a name");

struct vc_options {
	uint32_t at;
	uint64_t cost_cycles;
	uint64_t decode_cycles;
};

struct vc {
	struct exit_engine *exits;
	uint64_t budget_cycles; /* of a whole exit */
	uint64_t decode_cycles; /* of that, the guest's own part */
	uint64_t decoded_cycles;
};

static const char *const exits_made[] = {"exits.doorbell",  "exits.interrupt", "exits.eoi",
					 "exits.timestamp", "exits.idle",      NULL};

static const struct option_spec options[] = {
	{.name = "at",
	 .type = OPTION_CHOICES,
	 .offset = offsetof(struct vc_options, at),
	 .preset = "doorbell",
	 .choices = points,
	 .help = "where the guest exits"},
	{.name = "cost",
	 .type = OPTION_CYCLES,
	 .offset = offsetof(struct vc_options, cost_cycles),
	 .preset = "0 cycles",
	 .max = 1e9,
	 .cost = "snp_exit_pio",
	 .events = exits_made,
	 .help = "one exit, #VC handler and return included but for what decode says"},
	{.name = "decode",
	 .type = OPTION_CYCLES,
	 .offset = offsetof(struct vc_options, decode_cycles),
	 .preset = "0 cycles",
	 .max = 1e9,
	 .events = exits_made,
	 .help = "#VC decoding and GHCB set-up before each exit, where cost leaves them out"},
	{0},
};

static const struct counter counters[] = {
	{"decode_cycles", offsetof(struct vc, decoded_cycles), "cycles",
	 "of its exits: charged for decoding and GHCB set-up"},
	{0},
};

static int
vc_open(const struct source_env *env, const void *settings, void **state)
{
	const struct vc_options *chosen = settings;
	struct vc *vc = calloc(1, sizeof(*vc));

	if (!vc)
		return -ENOMEM;
	vc->exits = env->exits;
	vc->budget_cycles = chosen->decode_cycles + chosen->cost_cycles;
	vc->decode_cycles = chosen->decode_cycles;
	*state = vc;
	return 0;
}

static unsigned int
vc_points(const void *settings)
{
	const struct vc_options *chosen = settings;

	return chosen->at;
}

static inline void
leave(struct vc *vc, enum exit_reason reason)
{
	exit_engine_exit(vc->exits, reason, vc->budget_cycles);
	vc->decoded_cycles += vc->decode_cycles;
}

static void
vc_doorbell(void *state)
{
	leave(state, EXIT_REASON_DOORBELL);
}

static void
vc_interrupt(void *state)
{
	leave(state, EXIT_REASON_INTERRUPT);
}

static void
vc_eoi(void *state)
{
	leave(state, EXIT_REASON_EOI);
}

static void
vc_timestamp(void *state)
{
	leave(state, EXIT_REASON_TIMESTAMP);
}

static void
vc_idle(void *state)
{
	leave(state, EXIT_REASON_IDLE);
}

extern const struct source source_vc;

const struct source source_vc = {
	.name = "vc",
	.help = "#VC handler and exit where an SNP guest would exit",
	.acts_at = "exit points",
	.fidelity = FIDELITY_MODELLED,
	.options = options,
	.counters = counters,
	.exits = true,
	.open = vc_open,
	.close = free,
	.at =
		{
			[POINT_DOORBELL] = vc_doorbell,
			[POINT_INTERRUPT] = vc_interrupt,
			[POINT_EOI] = vc_eoi,
			[POINT_TIMESTAMP] = vc_timestamp,
			[POINT_IDLE] = vc_idle,
		},
	.points = vc_points,
};

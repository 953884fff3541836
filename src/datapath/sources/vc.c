/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source vc: each point at which an SNP guest would exit through its #VC handler
 * costs one exit. Here that is the doorbell: the driver has offered buffers and
 * would notify the device. Charged at every such point, also where a polling
 * device asks for no notification: a device behind an emulated doorbell register
 * is told each time.
 */
#include <errno.h>
#include <stdlib.h>

#include "datapath/exits/exit.h"
#include "datapath/sources/source.h"

#define AT_DOORBELL (1u << 0)

static const char *const points[] = {"doorbell", NULL};

struct vc_options {
	uint32_t at;
	uint64_t cost_cycles;
};

struct vc {
	struct exit_engine *exits;
	uint64_t cost_cycles;
};

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
	 .help = "one exit, #VC handler and return included"},
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
	vc->cost_cycles = chosen->cost_cycles;
	*state = vc;
	return 0;
}

static void
vc_notify(void *state)
{
	const struct vc *vc = state;

	exit_engine_exit(vc->exits, EXIT_REASON_DOORBELL, vc->cost_cycles);
}

extern const struct source source_vc;

const struct source source_vc = {
	.name = "vc",
	.help = "#VC handler and exit where an SNP guest would exit",
	.acts_at = "notify",
	.fidelity = FIDELITY_MODELLED,
	.options = options,
	.open = vc_open,
	.close = free,
	.notify = vc_notify,
};

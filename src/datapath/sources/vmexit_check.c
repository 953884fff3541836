/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source vmexit_check: since SEV-ES the processor looks at each exit whether the
 * hypervisor may handle it at once (automatic exit) or the guest has to (#VC), and
 * checks the guest's saved state at the entry. There is no such check to be had on
 * ordinary hardware: its cost is added to each exit's budget.
 */
#include <stdlib.h>

#include "datapath/sources/exit_cost.h"

static const struct option_spec options[] = {
	EXIT_COST_OPTION("vmexit_check", "what each exit takes longer"),
	{0},
};

extern const struct source source_vmexit_check;

const struct source source_vmexit_check = {
	.name = "vmexit_check",
	.help = "check of each exit and entry (SEV-ES)",
	.acts_at = "exit",
	.fidelity = FIDELITY_MODELLED,
	.options = options,
	.counters = exit_cost_counters,
	.open = exit_cost_open,
	.close = free,
};

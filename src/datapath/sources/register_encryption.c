/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source register_encryption: since SEV-ES the guest's registers are saved,
 * encrypted, to memory at each exit, and loaded from there at the entry, by the
 * processor itself. That cannot be had on ordinary hardware: its cost is added to
 * each exit's budget.
 */
#include <stdlib.h>

#include "datapath/sources/exit_cost.h"

static const struct option_spec options[] = {
	EXIT_COST_OPTION("register_encryption", "what each exit takes longer"),
	{0},
};

extern const struct source source_register_encryption;

const struct source source_register_encryption = {
	.name = "register_encryption",
	.help = "registers saved encrypted and loaded again at each exit (SEV-ES)",
	.acts_at = "exit",
	.fidelity = FIDELITY_MODELLED,
	.options = options,
	.counters = exit_cost_counters,
	.open = exit_cost_open,
	.close = free,
};

/* SPDX-License-Identifier: BSD-3-Clause */
/* The exit that does nothing: its whole budget is spun out. */
#include "base/fidelity.h"
#include "datapath/exits/exit.h"

static bool
spin_action(void *state, enum exit_reason reason)
{
	(void)state;
	(void)reason;
	return true;
}

extern const struct exit_backend exit_backend_spin;

const struct exit_backend exit_backend_spin = {
	.name = "spin",
	.help = "the cost profile's cycles are spun out; nothing leaves the guest",
	.fidelity = FIDELITY_MODELLED,
	.action = spin_action,
};

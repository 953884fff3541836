/* SPDX-License-Identifier: BSD-3-Clause */
/* The exit that does nothing: its whole budget is spun out. */
#include <stddef.h>

#include "base/fidelity.h"
#include "datapath/exits/exit.h"

static void
spin_action(void)
{
}

extern const struct exit_backend exit_backend_spin;

const struct exit_backend exit_backend_spin = {
	.name = "spin",
	.help = "the cost profile's cycles are spun out; nothing leaves the guest",
	.fidelity = FIDELITY_MODELLED,
	.action = spin_action,
};

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The meter itself: the clock's rate and its own cost, and how near to its budget an
 * exit that is spun out comes. These are checks, not costs.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/fidelity.h"
#include "datapath/config.h"
#include "datapath/exits/exit.h"
#include "runner/calibrate/calibration.h"

#define RATE_NS 200000000u
#define SPIN_BATCH 16

struct spin {
	struct exit_engine engine;
	uint64_t budget_cycles;
};

static double
measure_rate_hz(void)
{
	uint64_t start_ns = clock_monotonic_ns(), start = clock_tsc(), now_ns, now;

	do {
		now_ns = clock_monotonic_ns();
		now = clock_tsc();
	} while (now_ns - start_ns < RATE_NS);
	return (double)(now - start) * 1e9 / (double)(now_ns - start_ns);
}

static int
run_nothing(void *arg)
{
	(void)arg;
	return 0;
}

static int
run_spin(void *arg)
{
	struct spin *spin = arg;

	exit_engine_exit(&spin->engine, EXIT_REASON_DOORBELL, spin->budget_cycles);
	return 0;
}

static void
measure_spin(struct calibration *c, struct spin *spin, uint64_t budget_cycles)
{
	char name[32];
	const struct operation operation = {
		.name = name,
		.help = "an exit that is spun out, asked for so many cycles",
		.fidelity = FIDELITY_REAL,
		.run = run_spin,
		.arg = spin,
		.batch = SPIN_BATCH,
		.is_check = true,
	};

	snprintf(name, sizeof(name), "spin_%lu", (unsigned long)budget_cycles);
	spin->budget_cycles = budget_cycles;
	calibration_measure(c, &operation);
}

void
measure_clock(struct calibration *c)
{
	static const uint64_t budgets_cycles[] = {500, 2000, 5000, 20000};
	static const struct operation nothing = {
		.name = "clock",
		.help = "two readings of the clock with nothing in between, taken off the others",
		.fidelity = FIDELITY_REAL,
		.run = run_nothing,
		.is_check = true,
	};
	struct datapath_config config;
	struct spin spin = {0};

	c->tsc_hz = measure_rate_hz();
	calibration_measure(c, &nothing);
	if (c->n)
		c->clock_cycles = c->primitives[c->n - 1].p50_cycles;
	datapath_config_init(&config); /* exits: spin */
	if (exit_engine_open(&spin.engine, &config))
		return;
	for (size_t i = 0; i < sizeof(budgets_cycles) / sizeof(budgets_cycles[0]); i++)
		measure_spin(c, &spin, budgets_cycles[i]);
	exit_engine_close(&spin.engine);
}

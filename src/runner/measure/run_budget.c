/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/measure/run_budget.h"

/* Of measuring, and of starting processes for cells that want more than their share. */
static uint64_t
spent_ns(const struct run_budget *budget)
{
	return schedule_spent_ns(budget->schedule) + budget->starts_ns;
}

static uint64_t
left_ns(const struct run_budget *budget)
{
	uint64_t budget_ns = budget->experiment->measure.budget_ns, gone_ns = spent_ns(budget);

	return budget_ns > gone_ns ? budget_ns - gone_ns : 0;
}

bool
run_budget_is_extra(const struct run_budget *budget, uint32_t restart)
{
	return restart >= budget->experiment->measure.restarts;
}

uint64_t
run_budget_of_restart_ns(const struct run_budget *budget, uint32_t restart)
{
	const struct measure *measure = &budget->experiment->measure;
	uint64_t share_ns = measure->budget_ns / measure->restarts, of_restart_ns, rest_ns;

	if (run_budget_is_extra(budget, restart)) {
		rest_ns = left_ns(budget);
		return rest_ns < share_ns ? rest_ns : share_ns;
	}
	of_restart_ns = schedule_spent_in_ns(budget->schedule, restart);
	return share_ns > of_restart_ns ? share_ns - of_restart_ns : 0;
}

void
run_budget_add_start(struct run_budget *budget, uint32_t restart, uint64_t start_ns)
{
	if (!budget->start_ns || start_ns < budget->start_ns)
		budget->start_ns = start_ns;
	if (run_budget_is_extra(budget, restart))
		budget->starts_ns += start_ns;
}

bool
run_budget_allows(const struct run_budget *budget, const bool *wanted)
{
	return budget->start_ns + schedule_expected_ns(budget->schedule, wanted) <= left_ns(budget);
}

void
run_budget_begin_extra(struct run_budget *budget)
{
	budget->extra_at_ns = spent_ns(budget);
}

double
run_budget_share_done(const struct run_budget *budget, bool extra)
{
	const struct experiment *experiment = budget->experiment;
	uint32_t trials = experiment->n_cells * experiment->measure.restarts;

	if (!extra)
		return (double)schedule_trials(budget->schedule) / trials;
	return (double)(spent_ns(budget) - budget->extra_at_ns) /
	       (double)(experiment->measure.budget_ns - budget->extra_at_ns);
}

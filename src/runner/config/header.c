/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/header.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "datapath/workloads/workload.h"
#include "runner/config/experiment.h"
#include "runner/config/node.h"
#include "runner/config/plan.h"
#include "runner/measure/bench.h"
#include "runner/measure/trial.h"

/* So few that one lost time slice of a core does not take them all. */
#define SLICE_PACKETS_MIN 100

#define MEASURE(member) .offset = offsetof(struct measure, member)

/* The first one, measure.slice, is the topology's own. */
static const struct option_spec common_options[] = {
	{.name = "pairs",
	 .type = OPTION_COUNT,
	 MEASURE(pairs),
	 .preset = "16",
	 .min = 1,
	 .max = TRIAL_PAIRS_MAX,
	 .help = "A B B A turns of a cell in each restart, at most"},
	{.name = "restarts",
	 .type = OPTION_COUNT,
	 MEASURE(restarts),
	 .preset = "2",
	 .min = 1,
	 .max = 64,
	 .help = "fresh processes that measure every cell again"},
	{.name = "max_restarts",
	 .type = OPTION_COUNT,
	 MEASURE(max_restarts),
	 .preset = "32",
	 .min = 1,
	 .max = 64,
	 .help = "as many for cells that miss precision, while budget is left; 1: none more"},
	{.name = "precision",
	 .type = OPTION_SHARE,
	 MEASURE(precision),
	 .preset = "0.5%",
	 .min = 0.0001,
	 .max = 0.5,
	 .help = "half-width of the guest ratio's interval that is enough"},
	{.name = "budget",
	 .type = OPTION_TIME,
	 MEASURE(budget_ns),
	 .preset = "60 s",
	 .min = 100e6,
	 .max = 86400e9,
	 .help = "measuring time of the whole run, at most"},
	{.name = "seed",
	 .type = OPTION_COUNT,
	 MEASURE(seed),
	 .preset = "1",
	 .max = UINT32_MAX,
	 .help = "of payloads, mixes and the order of cells"},
	{0},
};

const struct option_spec *
measure_options(const char *topology)
{
	static struct option_spec options[1 + sizeof(common_options) / sizeof(common_options[0])];

	options[0] = bench_find(topology)->slice_option;
	memcpy(&options[1], common_options, sizeof(common_options));
	return options;
}

static const char *const rate_words[] = {"max", NULL};

const struct option_spec rate_options[] = {
	{.name = "rate",
	 .type = OPTION_RATE,
	 .preset = "max",
	 .choices = rate_words,
	 .min = 1e3,
	 .max = 1e9,
	 .help = "packets per second that the host sends, whatever comes back"},
	{0},
};

const struct option_spec max_cells_options[] = {
	{.name = "max_cells",
	 .type = OPTION_COUNT,
	 .offset = offsetof(struct experiment, max_cells),
	 .preset = "4096",
	 .min = 1,
	 .max = CELLS_MAX,
	 .help = "a plan of more is refused"},
	{0},
};

/* One of the names, the first when the key isn't there; copied to out. */
static int
read_choice(const struct node *root, const char *key, const struct names *names, char *out)
{
	const struct node *node = node_find(root, key);

	if (node && node_expect_name(node, names))
		return -EINVAL;
	snprintf(out, NAME_BYTES, "%s", node ? node->text : names->at[0]);
	return 0;
}

static int
read_topology(const struct node *root, struct experiment *experiment)
{
	struct names names = {0};

	for (size_t i = 0; benches[i]; i++)
		names_add(&names, benches[i]->topology);
	return read_choice(root, "topology", &names, experiment->topology);
}

/* In lock-step the host sends when it is its turn: there is no rate to set. */
static int
read_rate(const struct node *root, struct experiment *experiment)
{
	const struct node *node = node_find(root, "rate");

	options_defaults(rate_options, &experiment->rate_pps);
	if (!node)
		return 0;
	if (!bench_find(experiment->topology)->has_rate)
		return node_refuse(node,
				   "found a rate in the topology %s, allowed: topology: "
				   "two-process",
				   experiment->topology);
	return node_option(node, rate_options, &experiment->rate_pps);
}

static int
read_max_cells(const struct node *root, struct experiment *experiment)
{
	const struct node *node = node_find(root, "max_cells");

	options_defaults(max_cells_options, experiment);
	return node ? node_option(node, max_cells_options, experiment) : 0;
}

static int
read_identity(const struct node *root, struct experiment *experiment)
{
	struct names version = {{"1"}, 1}, names = {0};
	const struct node *form, *name;

	form = node_find_required(root, "folio", "1, the version of this form");
	if (!form || node_expect_name(form, &version))
		return -EINVAL;
	name = node_find_required(root, "name", "a name for the run's folder");
	if (!name || node_identifier(name, experiment->name, NAME_BYTES))
		return -EINVAL;
	for (size_t i = 0; workloads[i]; i++)
		names_add(&names, workloads[i]->name);
	if (read_topology(root, experiment))
		return -EINVAL;
	return read_choice(root, "workload", &names, experiment->workload);
}

static int
read_measure(const struct node *root, struct experiment *experiment)
{
	const struct option_spec *options = measure_options(experiment->topology);
	const struct node *node = node_find(root, "measure");
	struct measure *measure = &experiment->measure;
	struct names keys = {0};

	options_defaults(options, measure);
	if (!node)
		return 0;
	names_add_options(&keys, options);
	if (node_expect_keys(node, &keys))
		return -EINVAL;
	for (size_t i = 0; i < node->n_items; i++)
		if (node_option(node->items[i], options_find(options, node->items[i]->key),
				measure))
			return -EINVAL;
	return 0;
}

int
header_check_rate(const struct node *node, uint64_t rate_pps, const struct experiment *experiment)
{
	double packets = (double)rate_pps * (double)experiment->measure.slice_ns / 1e9;
	char rate[OPTION_TEXT_BYTES], slice[32];

	if (rate_pps == RATE_MAX || packets >= SLICE_PACKETS_MIN)
		return 0;
	return node_refuse(
		node,
		"found %s, %.0f packets in a slice of %s, allowed: at least %d, by a higher rate "
		"or a longer measure.slice",
		option_format(rate_options, &rate_pps, rate, sizeof(rate)), packets,
		quantity_format(DIMENSION_TIME, (double)experiment->measure.slice_ns, slice,
				sizeof(slice)),
		SLICE_PACKETS_MIN);
}

int
header_read(const struct node *root, struct experiment *experiment)
{
	return read_identity(root, experiment) || read_rate(root, experiment) ||
			       read_max_cells(root, experiment) || read_measure(root, experiment) ||
			       header_check_rate(node_find(root, "rate"), experiment->rate_pps,
						 experiment) ?
		       -EINVAL :
		       0;
}

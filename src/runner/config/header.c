/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/header.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "datapath/workloads/workload.h"
#include "runner/config/experiment.h"
#include "runner/config/node.h"
#include "runner/measure/trial.h"

#define MEASURE(member) .offset = offsetof(struct measure, member)

const struct option_spec measure_options[] = {
	{.name = "slice",
	 .type = OPTION_TIME,
	 MEASURE(slice_ns),
	 .preset = "200 us",
	 .min = 50e3,
	 .max = 10e6,
	 .help = "metered time of a configuration's turn"},
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
	{.name = "precision",
	 .type = OPTION_SHARE,
	 MEASURE(precision),
	 .preset = "0.5%",
	 .min = 0.0001,
	 .max = 0.5,
	 .help = "half-width of a ratio's interval that is enough"},
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
	const struct node *node = node_find(root, "topology");
	struct names names = {{"lockstep"}, 1};

	if (node && node->kind == NODE_SCALAR && !strcmp(node->text, "two-process"))
		return node_refuse(node, "found 'two-process', which this version does not have, "
					 "allowed: lockstep");
	return read_choice(root, "topology", &names, experiment->topology);
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
read_measure(const struct node *root, struct measure *measure)
{
	const struct node *node = node_find(root, "measure");
	struct names keys = {0};

	options_defaults(measure_options, measure);
	if (!node)
		return 0;
	names_add_options(&keys, measure_options);
	if (node_expect_keys(node, &keys))
		return -EINVAL;
	for (size_t i = 0; i < node->n_items; i++)
		if (node_option(node->items[i], options_find(measure_options, node->items[i]->key),
				measure))
			return -EINVAL;
	return 0;
}

int
header_read(const struct node *root, struct experiment *experiment)
{
	return read_identity(root, experiment) ? -EINVAL : read_measure(root, &experiment->measure);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/search_spec.h"

#include <errno.h>
#include <string.h>

#include "runner/config/node.h"
#include "runner/measure/bench.h"

#define SEARCH(member) .offset = offsetof(struct search_spec, member)

const struct option_spec search_spec_options[] = {
	{.name = "ndr",
	 .type = OPTION_SWITCH,
	 SEARCH(ndr),
	 .preset = "on",
	 .help = "find the highest rate without loss, too"},
	{.name = "pdr",
	 .type = OPTION_SHARE,
	 SEARCH(pdr),
	 .preset = "0.5%",
	 .min = 0.0001,
	 .max = 0.5,
	 .help = "loss that the other rate may have"},
	{.name = "width",
	 .type = OPTION_SHARE,
	 SEARCH(width),
	 .preset = "0.5%",
	 .min = 0.001,
	 .max = 0.1,
	 .help = "between a rate's bounds at the end, as a share of the upper one"},
	{.name = "exceed",
	 .type = OPTION_SHARE,
	 SEARCH(exceed),
	 .preset = "50%",
	 .max = 0.9,
	 .help = "share of the trials' time that may have more loss"},
	{.name = "trial",
	 .type = OPTION_TIME,
	 SEARCH(trial_ns),
	 .preset = "50 ms",
	 .min = 25e6,
	 .max = 10e9,
	 .help = "of the last trials; the first ones take a fifth"},
	{.name = "sum",
	 .type = OPTION_TIME,
	 SEARCH(sum_ns),
	 .preset = "1 s",
	 .min = 25e6,
	 .max = 600e9,
	 .help = "time in such trials that decides on a rate"},
	{.name = "budget",
	 .type = OPTION_TIME,
	 SEARCH(budget_ns),
	 .preset = "50 s",
	 .min = 1e9,
	 .max = 86400e9,
	 .help = "of one search, at most"},
	{0},
};

static int
read_options(const struct node *node, struct search_spec *spec)
{
	struct names keys = {0};

	names_add_options(&keys, search_spec_options);
	if (node_expect_keys(node, &keys))
		return -EINVAL;
	for (size_t i = 0; i < node->n_items; i++)
		if (node_option(node->items[i],
				options_find(search_spec_options, node->items[i]->key), spec))
			return -EINVAL;
	if (spec->sum_ns >= spec->trial_ns)
		return 0;
	return node_refuse(node, "found a sum that is shorter than a trial, allowed: sum of at "
				 "least trial");
}

int
search_spec_read(const struct node *node, struct experiment *experiment)
{
	struct names words = {{"on", "off"}, 2};
	struct search_spec *spec = &experiment->search;

	options_defaults(search_spec_options, spec);
	if (!node)
		return 0;
	if (node->kind == NODE_SCALAR && node_expect_name(node, &words))
		return -EINVAL;
	spec->wanted = node->kind != NODE_SCALAR || !strcmp(node->text, "on");
	if (spec->wanted && !bench_find(experiment->topology)->has_rate)
		return node_refuse(node,
				   "found a search in the topology %s, allowed: topology: "
				   "two-process",
				   experiment->topology);
	return node->kind == NODE_SCALAR ? 0 : read_options(node, spec);
}

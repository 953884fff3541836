/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/compare/thresholds.h"

#include <errno.h>

#include "runner/config/node.h"
#include "runner/config/yaml.h"

const char *const judged_names[JUDGED_COUNT] = {
	[JUDGED_GUEST_RATIO] = "guest_ratio",
	[JUDGED_HOST_RATIO] = "host_ratio",
	[JUDGED_GUEST_CYCLES] = "guest_cycles_per_packet",
	[JUDGED_HOST_CYCLES] = "host_cycles_per_packet",
	[JUDGED_LATENCY_MEAN] = "latency_mean_ratio",
	[JUDGED_LATENCY_P50] = "latency_p50_ratio",
	[JUDGED_LATENCY_P99] = "latency_p99_ratio",
	[JUDGED_COUNTERS] = "counters",
};

#define SHARE(member, text, low, high, words)                                                      \
	{                                                                                          \
		.name = #member, .type = OPTION_SHARE, .preset = (text), .min = (low),             \
		.max = (high), .offset = offsetof(struct thresholds, member), .help = (words)      \
	}

static const struct option_spec error_options[] = {
	SHARE(false_alarms, "1%", 0.0001, 0.2, "chance of any false alarm in a comparison"),
	SHARE(unchanged_error, "5%", 0.0001, 0.2, "chance to pass a change as large as tolerated"),
	{0},
};

#define TOLERANCE(which, key, text)                                                                \
	{                                                                                          \
		.name = (key), .type = OPTION_SHARE, .preset = (text), .min = 0.0001, .max = 1,    \
		.offset = offsetof(struct thresholds, tolerance[which]),                           \
		.help = "change that is tolerated"                                                 \
	}

/* In the order of enum judged. */
static const struct option_spec tolerance_options[] = {
	TOLERANCE(JUDGED_GUEST_RATIO, "guest_ratio", "1%"),
	TOLERANCE(JUDGED_HOST_RATIO, "host_ratio", "3%"),
	TOLERANCE(JUDGED_GUEST_CYCLES, "guest_cycles_per_packet", "2%"),
	TOLERANCE(JUDGED_HOST_CYCLES, "host_cycles_per_packet", "5%"),
	TOLERANCE(JUDGED_LATENCY_MEAN, "latency_mean_ratio", "10%"),
	TOLERANCE(JUDGED_LATENCY_P50, "latency_p50_ratio", "5%"),
	TOLERANCE(JUDGED_LATENCY_P99, "latency_p99_ratio", "20%"),
	TOLERANCE(JUDGED_COUNTERS, "counters", "1%"),
	{0},
};

static int
read_errors(const struct node *root, struct thresholds *out)
{
	for (const struct option_spec *option = error_options; option->name; option++) {
		const struct node *node = node_find(root, option->name);

		if (node && node_option(node, option, out))
			return -EINVAL;
	}
	return 0;
}

/* The file's tolerances say which figures are judged: those, and no others. */
static int
read_tolerances(const struct node *node, struct thresholds *out)
{
	struct names keys = {0};

	if (!node)
		return 0;
	names_add_options(&keys, tolerance_options);
	if (node_expect_keys(node, &keys))
		return -EINVAL;
	if (!node->n_items)
		return node_refuse(node, "found no tolerance, allowed: at least one");
	for (int i = 0; i < JUDGED_COUNT; i++) {
		const struct node *value = node_find(node, tolerance_options[i].name);

		out->judged[i] = value != NULL;
		if (value && node_option(value, &tolerance_options[i], out))
			return -EINVAL;
	}
	return 0;
}

static int
read_root(const struct node *root, struct thresholds *out)
{
	struct names keys = {0}, version = {{"1"}, 1};
	const struct node *form;

	names_add(&keys, "folio-thresholds");
	names_add_options(&keys, error_options);
	names_add(&keys, "tolerances");
	if (node_expect_keys(root, &keys))
		return -EINVAL;
	form = node_find_required(root, "folio-thresholds", "folio-thresholds: 1");
	if (!form || node_expect_name(form, &version) || read_errors(root, out))
		return -EINVAL;
	return read_tolerances(node_find(root, "tolerances"), out);
}

int
thresholds_read(const char *path, struct thresholds *out)
{
	struct node *root = NULL;
	int err;

	*out = (struct thresholds){0};
	options_defaults(error_options, out);
	options_defaults(tolerance_options, out);
	out->judged[JUDGED_GUEST_RATIO] = out->judged[JUDGED_COUNTERS] = true;
	out->judged[JUDGED_LATENCY_P50] = out->judged[JUDGED_LATENCY_P99] = true;
	if (!path)
		return 0;
	err = yaml_read_file(path, &root);
	if (!err)
		err = read_root(root, out);
	node_free(root);
	return err;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/guest_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"
#include "base/log.h"
#include "base/socket_path.h"
#include "datapath/sources/source.h"
#include "datapath/workloads/workload.h"
#include "runner/commands/option_args.h"
#include "runner/commands/set_args.h"
#include "runner/config/assign.h"
#include "runner/config/names.h"
#include "runner/config/presets.h"
#include "runner/config/single.h"

#define WHY_BYTES 1024

static const char *const rate_words[] = {
	[GUEST_RATE_MAX] = "max", [GUEST_RATE_CAPTURE] = "capture", NULL};

#define AT(field) .offset = offsetof(struct guest_options_given, field)

static const struct option_spec specs[] = {
	{.name = "socket",
	 .type = OPTION_TEXT,
	 AT(socket),
	 .help = "the vhost-user socket's path, at most 107 bytes; wanted, unless the device is "
		 "an ethdev"},
	{.name = "client",
	 .type = OPTION_SWITCH,
	 AT(client),
	 .help = "connect to a host that listens at the socket; else listen there"},
	{.name = "preset",
	 .type = OPTION_TEXT,
	 AT(preset),
	 .preset = "folio",
	 .help = "the configuration, by name (folio list presets)"},
	{.name = "costs",
	 .type = OPTION_TEXT,
	 AT(costs),
	 .help = "cost profile that modelled sources take their costs from"},
	{.name = "workload",
	 .type = OPTION_TEXT,
	 AT(workload),
	 .preset = "macswap",
	 .help = "what is done with a received frame (folio list workloads)"},
	{.name = "cpu",
	 .type = OPTION_TEXT,
	 AT(cpu),
	 .help = "cores to poll on, such as 2,3: each serves some of the queue pairs, and one "
		 "more the crypto thread of esp_crypto inline; without it, the last one"},
	{.name = "duration",
	 .type = OPTION_TIME,
	 AT(duration_ns),
	 .max = 1e15,
	 .help = "end so long after the host first came; without it, when it is interrupted"},
	{.name = "traffic",
	 .type = OPTION_TEXT,
	 AT(traffic),
	 .help = "send frames and check what comes back, instead of forwarding: a size of 60 to "
		 "2048 bytes (9000 with --set mergeable=on), payload:SIZE of a UDP datagram, imix "
		 "(7:4:1), or pcap:FILE"},
	{.name = "rate",
	 .type = OPTION_RATE,
	 AT(rate),
	 .preset = "max",
	 .choices = rate_words,
	 .min = 1,
	 .max = 1e9,
	 .help = "of --traffic: as fast as possible, by the capture's own timing, or so many "
		 "frames a second"},
	{.name = "settle",
	 .type = OPTION_TIME,
	 AT(settle_ns),
	 .preset = "20 ms",
	 .max = 3600e9,
	 .help = "of --traffic: send nothing so long after the host came; testpmd wants 1 s"},
	{.name = "flows",
	 .type = OPTION_COUNT,
	 AT(flows),
	 .preset = "64",
	 .min = 1,
	 .max = 65535,
	 .help = "of --traffic: flows of generated frames; each goes to one queue"},
	{.name = "count",
	 .type = OPTION_COUNT,
	 AT(count),
	 .min = 1,
	 .max = UINT32_MAX,
	 .help = "of --traffic: end after so many frames were sent"},
	{.name = NULL},
};

void
guest_plan_help(FILE *to)
{
	option_args_help(specs, to);
	fputs("  --set KEY=VALUE\n      sets a key of the configuration, as often as wanted: "
	      "queues=2, ring_format=packed,\n      sources.vc=on, sources.vc.cost=4000 cycles\n",
	      to);
}

static int
check_name(const char *option, const char *name, const struct names *names)
{
	char allowed[NAMES_TEXT_BYTES];

	if (names_has(names, name))
		return 0;
	log_error("--%s: found '%.60s', allowed: %s", option, name,
		  names_allowed(names, name, allowed, sizeof(allowed)));
	return -EINVAL;
}

static int
check_names(struct guest_plan *plan)
{
	struct names preset_names = {0}, workload_names = {0};
	int error;

	names_add_presets(&preset_names);
	for (size_t i = 0; workloads[i]; i++)
		names_add(&workload_names, workloads[i]->name);
	error = check_name("preset", plan->given.preset, &preset_names);
	if (check_name("workload", plan->given.workload, &workload_names))
		error = -EINVAL;
	plan->workload = workload_find(plan->given.workload);
	return error;
}

/* Sources that act beside the ports. */
static int
check_sources(const struct guest_plan *plan)
{
	const struct workload *workload = plan->workload;
	const char *conflict = workload_conflict(workload, &plan->config);
	int source = datapath_config_other_workload(&plan->config, plan->given.workload);

	if (conflict) {
		log_error("--workload: found '%s': %s", workload->name, conflict);
		return -EINVAL;
	}
	if (datapath_config_through_host_kernel(&plan->config)) {
		log_error("--set sources.host_path: found 'on', but it acts at the host of `folio "
			  "run`, not at the guest, allowed: off");
		return -EINVAL;
	}
	if (source < 0)
		return 0;
	log_error("--workload: found '%s' with source %s on, which takes the place of one "
		  "workload, allowed: --workload %s, or --set sources.%s=off",
		  plan->given.workload, sources[source]->name, sources[source]->workload,
		  sources[source]->name);
	return -EINVAL;
}

static int
refuse_cpu(const char *text, const char *why)
{
	log_error("--cpu: found '%.60s', %s", text, why);
	return -EINVAL;
}

static bool
has_cpu(const int *cpus, unsigned int n, long cpu)
{
	while (n)
		if (cpus[--n] == cpu)
			return true;
	return false;
}

/* "2,3"; the last core that is allowed when nothing is given. */
static int
read_cpus(struct guest_plan *plan)
{
	unsigned int n_crypto = plan->config.esp.crypto == ESP_CRYPTO_INLINE,
		     n_max = plan->config.queues + n_crypto;
	const char *text = plan->given.cpu, *at = text;
	char *end;

	plan->crypto_cpu = -1;
	if (!*text) {
		cpus_allowed(&plan->cpus[0]);
		plan->n_cpus = 1;
		return 0;
	}
	for (;; at = end + 1) {
		long cpu = strtol(at, &end, 10);

		if (end == at || (*end && *end != ','))
			return refuse_cpu(text, "allowed: numbers of cores, such as 2,3");
		if (!cpus_has(cpu))
			return refuse_cpu(text, "a core that this process may not run on");
		if (has_cpu(plan->cpus, plan->n_cpus, cpu))
			return refuse_cpu(text, "allowed: each core once");
		if (plan->n_cpus == n_max)
			return refuse_cpu(text, "allowed: at most one core for each queue pair "
						"(--set queues=N), and one for a crypto thread "
						"(--set esp_crypto=inline)");
		plan->cpus[plan->n_cpus++] = (int)cpu;
		if (!*end)
			break;
	}
	if (plan->n_cpus > plan->config.queues)
		plan->crypto_cpu = plan->cpus[--plan->n_cpus];
	return 0;
}

static int
check_socket(const struct guest_plan *plan, uint32_t given)
{
	const char *path = plan->given.socket;
	bool wanted = plan->config.device != DEVICE_ETHDEV;
	char why[WHY_BYTES];

	if (wanted != option_args_given(specs, given, "socket")) {
		log_error("--socket: found %s", wanted ? "none, the socket's path is wanted" :
							 "one, and a device that has none");
		return -EINVAL;
	}
	if (wanted && (plan->given.client ? socket_path_await(path, why, sizeof(why)) :
					    socket_path_clear(path, why, sizeof(why)))) {
		log_error("--socket: %s", why);
		return -EINVAL;
	}
	return 0;
}

static int
check_traffic(const struct guest_plan *plan, uint32_t given)
{
	static const char *const of_traffic[] = {"rate", "settle", "flows", "count"};
	int error = 0;

	if (plan->given.traffic[0]) {
		if (plan->n_cpus > 1) {
			log_error("--cpu: found %u cores, allowed with --traffic: one",
				  plan->n_cpus);
			error = -EINVAL;
		}
		return error;
	}
	for (size_t i = 0; i < sizeof(of_traffic) / sizeof(of_traffic[0]); i++) {
		if (!option_args_given(specs, given, of_traffic[i]))
			continue;
		log_error("--%s: found it without --traffic, which it is of", of_traffic[i]);
		error = -EINVAL;
	}
	return error;
}

int
guest_plan_parse(int argc, char **argv, struct guest_plan *plan)
{
	struct assignments set = {.n = 0};
	uint32_t given;
	int set_error = set_args_take(&argc, argv, &set);
	int error = option_args_parse(specs, &plan->given, argc, argv, &given);

	if (error > 0)
		return error;
	if (set_error || check_names(plan))
		error = -EINVAL;
	/* What follows depends on the configuration. */
	if (error ||
	    single_resolve(plan->given.preset, plan->given.costs[0] ? plan->given.costs : NULL,
			   set.set, set.n, &plan->config))
		return -EINVAL;
	if (plan->config.device == DEVICE_VIRTIO_USER) {
		log_error("--set device: found 'virtio-user', allowed: vhost-user, ethdev");
		return -EINVAL;
	}
	if (check_sources(plan) || read_cpus(plan) || check_traffic(plan, given))
		error = -EINVAL;
	return check_socket(plan, given) ? -EINVAL : error;
}

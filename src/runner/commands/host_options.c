/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/host_options.h"

#include <errno.h>

#include "base/cpus.h"
#include "base/log.h"
#include "base/socket_path.h"
#include "runner/commands/host_esp.h"
#include "runner/commands/option_args.h"
#include "runner/commands/set_args.h"

#define WHY_BYTES 1024

static const char *const rate_words[] = {
	[HOST_RATE_MAX] = "max", [HOST_RATE_CAPTURE] = "capture", NULL};

/* Faster than any virtual device, and far from what 64-bit arithmetic can hold. */
#define RATE_MAX_PPS 1e9
#define DURATION_MAX_NS 1e15
#define CPU_MAX 65535

#define AT(field) .offset = offsetof(struct host_options, field)

static const struct option_spec specs[] = {
	{.name = "socket",
	 .type = OPTION_TEXT,
	 AT(socket),
	 .help = "the vhost-user socket's path, at most 107 bytes; wanted"},
	{.name = "server",
	 .type = OPTION_SWITCH,
	 AT(server),
	 .help = "listen at the socket; else connect to the guest, as soon as one listens"},
	{.name = "queues",
	 .type = OPTION_COUNT,
	 AT(queues),
	 .preset = "8",
	 .min = 1,
	 .max = 8,
	 .help = "send on so many queue pairs, or on as many as the guest has, if fewer"},
	{.name = "traffic",
	 .type = OPTION_TEXT,
	 AT(traffic),
	 .preset = "64",
	 .help = "frames: a size of 60 to 9000 bytes, payload:SIZE of a UDP datagram, imix "
		 "(7:4:1), "
		 "or pcap:FILE"},
	{.name = "rate",
	 .type = OPTION_RATE,
	 AT(rate),
	 .preset = "max",
	 .choices = rate_words,
	 .min = 1,
	 .max = RATE_MAX_PPS,
	 .help = "as fast as possible, by the capture's own timing, or so many frames a second"},
	{.name = "flows",
	 .type = OPTION_COUNT,
	 AT(flows),
	 .preset = "64",
	 .min = 1,
	 .max = 65535,
	 .help = "flows of generated frames; each goes to one queue"},
	{.name = "settle",
	 .type = OPTION_TIME,
	 AT(settle_ns),
	 .preset = "20 ms",
	 .max = 3600e9,
	 .help = "send nothing so long after the guest, or a queue of it, came; testpmd wants 1 s"},
	{.name = "duration",
	 .type = OPTION_TIME,
	 AT(duration_ns),
	 .max = DURATION_MAX_NS,
	 .help = "end so long after the first frame; without it, when it is interrupted"},
	{.name = "count",
	 .type = OPTION_COUNT,
	 AT(count),
	 .min = 1,
	 .max = UINT32_MAX,
	 .help = "end after so many frames were sent"},
	{.name = "cpu",
	 .type = OPTION_COUNT,
	 AT(cpu),
	 .max = CPU_MAX,
	 .help = "core to poll on; without it, the first one that it may run on (a guest takes the "
		 "last)"},
	{.name = "kicks",
	 .type = OPTION_SWITCH,
	 AT(kicks),
	 .help = "leave notifications on: the guest kicks, though nothing waits for it"},
	{.name = "iommu",
	 .type = OPTION_SWITCH,
	 AT(iommu),
	 .help = "translate addresses, for a guest with source iotlb"},
	{.name = "esp",
	 .type = OPTION_SWITCH,
	 AT(esp),
	 .help = "send in ESP and open what comes back, for a guest with --workload ipsec_echo, on "
		 "one queue pair"},
	{.name = NULL},
};

void
host_options_help(FILE *to)
{
	option_args_help(specs, to);
	fputs("  --set KEY=VALUE\n      of --esp, as often as wanted: the guest's esp_mode, "
	      "esp_cipher, esp_esn, esp_window,\n      esp_spi_in, esp_spi_out, esp_key_in and "
	      "esp_key_out (in: what the guest receives)\n",
	      to);
}

static int
check_socket(const struct host_options *options, uint32_t given)
{
	const char *path = options->socket;
	char why[WHY_BYTES];

	if (!option_args_given(specs, given, "socket")) {
		log_error("--socket: found none, the socket's path is wanted");
		return -EINVAL;
	}
	if (options->server ? socket_path_check(path, why, sizeof(why)) :
			      socket_path_await(path, why, sizeof(why))) {
		log_error("--socket: %s", why);
		return -EINVAL;
	}
	return 0;
}

/* The first core unless one is named: a guest takes the last one, and two that poll want two. */
static int
choose_core(struct host_options *options, uint32_t given)
{
	if (!option_args_given(specs, given, "cpu")) {
		if (!cpus_list(&options->core, 1))
			options->core = -1;
		return 0;
	}
	options->core = (int)options->cpu;
	if (cpus_has(options->cpu))
		return 0;
	log_error("--cpu: found '%u', a core that this process may not run on", options->cpu);
	return -EINVAL;
}

/* An association's numbers are one queue's. */
static int
read_esp(struct host_options *options, uint32_t given, const struct assignments *set)
{
	if (!options->esp) {
		if (!set->n)
			return 0;
		log_error("--set: found it without --esp, which it is of");
		return -EINVAL;
	}
	if (option_args_given(specs, given, "queues") && options->queues > 1) {
		log_error("--queues: found '%u', allowed with --esp: 1", options->queues);
		return -EINVAL;
	}
	options->queues = 1;
	return host_esp_read(set, &options->esp_options);
}

int
host_options_parse(int argc, char **argv, struct host_options *options)
{
	struct assignments set = {.n = 0};
	uint32_t given;
	int set_error = set_args_take(&argc, argv, &set);
	int error = option_args_parse(specs, options, argc, argv, &given);

	if (error > 0)
		return error;
	if (check_socket(options, given))
		error = -EINVAL;
	if (choose_core(options, given))
		error = -EINVAL;
	if (read_esp(options, given, &set) || set_error)
		error = -EINVAL;
	return error;
}

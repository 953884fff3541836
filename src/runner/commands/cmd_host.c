/* SPDX-License-Identifier: BSD-3-Clause */
/* folio host: the untrusted side alone, for two terminals or a foreign guest. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/scratch.h"
#include "base/socket_path.h"
#include "datapath/eal.h"
#include "datapath/host/backend.h"
#include "datapath/host/backend_io.h"
#include "datapath/host/collector.h"
#include "datapath/host/esp_io.h"
#include "datapath/host/generator.h"
#include "datapath/host/host_loop.h"
#include "runner/commands/commands.h"
#include "runner/commands/host_esp.h"
#include "runner/commands/host_hints.h"
#include "runner/commands/host_options.h"
#include "runner/commands/host_report.h"
#include "runner/commands/sides.h"
#include "runner/exit_status.h"

#define WHY_BYTES 1024

static atomic_bool stop;

static void
ask_to_stop(int signal)
{
	(void)signal;
	atomic_store(&stop, true);
}

static void
print_usage(FILE *to)
{
	fprintf(to, "usage: folio host --socket PATH [OPTION]...\n\n"
		    "Sends frames to the guest at a vhost-user socket and checks what comes back,\n"
		    "until it is interrupted or one of --duration and --count is reached.\n\n");
	host_options_help(to);
	fprintf(to,
		"\nExit status: %d done, %d frames came back damaged, or not in ESP that opens, "
		"%d bad usage,\n%d this machine cannot do it or no guest came.\n",
		EXIT_DONE, EXIT_VERDICT_FAILED, EXIT_BAD_USAGE, EXIT_MACHINE_LACKS);
}

/* All that makes a host, in the order in which it is opened. */
struct host {
	struct host_options options;
	struct generator *generator;
	char scratch[SCRATCH_PATH_BYTES];
	struct host_report report;
	struct backend *backend;
	struct backend_io backend_io;
	struct esp_io esp_io; /* over backend_io; zero unless options.esp */
	struct collector *collector;
};

/* What generator and collector use. */
static const struct frame_io *
frames_of(const struct host *host)
{
	return host->options.esp ? &host->esp_io.io : &host->backend_io.io;
}

static struct generator_options
generator_options(const struct host_options *options)
{
	struct generator_options g = {
		.traffic = options->traffic,
		.flows = options->flows,
		.pace = PACE_RATE,
		.rate_pps = options->rate,
		.count = options->count,
		.clock_hz = clock_tsc_hz(),
		/* Another host's frames, which a guest may still hold, have another number. */
		.session = (uint16_t)clock_monotonic_ns(),
	};

	if (options->rate == option_word(HOST_RATE_MAX))
		g.pace = PACE_MAX;
	else if (options->rate == option_word(HOST_RATE_CAPTURE))
		g.pace = PACE_TIMES;
	return g;
}

static int
open_traffic(struct host *host)
{
	const struct generator_options g = generator_options(&host->options);
	char why[WHY_BYTES];

	if (!generator_open(&g, frames_of(host), &host->generator, why, sizeof(why)))
		return 0;
	log_error("--%s", why);
	return -EINVAL;
}

/* What can be told without DPDK. Returns 0; 1 when help was printed; -EINVAL after log_error(). */
static int
check_usage(struct host *host, int argc, char **argv)
{
	struct host_options *options = &host->options;
	char why[WHY_BYTES];
	int error = host_options_parse(argc, argv, options);

	if (error > 0) {
		print_usage(stdout);
		return error;
	}
	if (open_traffic(host))
		error = -EINVAL;
	if (!error && options->esp)
		error = host_esp_check_traffic(&options->esp_options, host->generator);
	if (!error && options->server && socket_path_clear(options->socket, why, sizeof(why))) {
		log_error("--socket: %s", why);
		error = -EINVAL;
	}
	return error;
}

static struct peer_state
peer_of_backend(void *arg)
{
	const struct backend *backend = arg;

	return (struct peer_state){.n_queues = backend_queues(backend),
				   .sessions = backend_sessions(backend)};
}

static void
say_waiting(const struct host *host)
{
	if (host->options.server)
		log_note("waiting for a guest at %s", host->options.socket);
	else
		log_note("waiting for a guest that listens at %s", host->options.socket);
}

/* By what came back. */
static enum exit_status
judge(const struct host_counts *counts)
{
	bool esp_failed = host_esp_failed(counts);

	if (counts->collector->corrupted)
		log_error("%llu frames came back damaged",
			  (unsigned long long)counts->collector->corrupted);
	return counts->collector->corrupted || esp_failed ? EXIT_VERDICT_FAILED : EXIT_DONE;
}

/* Runs the loop and prints its counters. */
static enum exit_status
run(struct host *host)
{
	struct host_loop loop = {
		.io = frames_of(host),
		.generator = host->generator,
		.collector = host->collector,
		.peer = peer_of_backend,
		.peer_arg = host->backend,
		.n_queues_max = host->options.queues,
		.settle_ns = host->options.settle_ns,
		.duration_ns = host->options.duration_ns,
		.stop = &stop,
	};
	const struct host_counts counts = {
		.loop = &loop.counters,
		.generator = &host->generator->counters,
		.collector = collector_counts(host->collector),
		.esp = host->options.esp ? &host->esp_io : NULL,
	};

	struct host_hints hints = {
		.socket = host->options.socket,
		.server = host->options.server,
		.max_rate = host->options.rate == option_word(HOST_RATE_MAX),
		.settle_ns = host->options.settle_ns,
		.longest_bytes = sides_longest_bytes(host->generator),
	};

	say_waiting(host);
	host_report_start(&host->report, &counts, &hints);
	host_loop_run(&loop);
	host_report_close(&host->report);
	if (host_report_print(&counts)) {
		log_error("not enough memory for the table");
		return EXIT_MACHINE_LACKS;
	}
	if (!loop.ever_sent) {
		log_error("no guest came to %s", host->options.socket);
		return EXIT_MACHINE_LACKS;
	}
	host_hints_end(&hints, &counts);
	return judge(&counts);
}

static int
open_frames(struct host *host)
{
	int error = backend_io_open(&host->backend_io, host->backend);

	if (!error && host->options.esp)
		error = esp_io_open(&host->esp_io, &host->backend_io.io,
				    &host->options.esp_options);
	return error ? error : collector_open(host->generator, &host->collector);
}

/* With DPDK running. */
static enum exit_status
open_and_run(struct host *host)
{
	const struct backend_options options = {.path = host->options.socket,
						.server = host->options.server,
						.reconnect = true,
						.ask_kicks = host->options.kicks,
						.iommu = host->options.iommu};
	enum exit_status status = EXIT_MACHINE_LACKS;

	if (!backend_open(&options, &host->backend)) {
		if (!open_frames(host))
			status = run(host);
		backend_close(host->backend);
	}
	collector_close(host->collector);
	esp_io_close(&host->esp_io);
	return status;
}

static enum exit_status
start(struct host *host)
{
	enum exit_status status = EXIT_MACHINE_LACKS;
	int error = scratch_open(host->scratch);

	if (error) {
		log_error("no private folder in /tmp: %s", strerror(-error));
		return status;
	}
	if (!host_report_open(&host->report)) {
		if (!datapath_start(host->options.core, host->scratch, 0))
			status = open_and_run(host);
		host_report_close(&host->report);
	}
	scratch_close(host->scratch);
	return status;
}

int
cmd_host(int argc, char **argv)
{
	static struct host host;
	const struct sigaction action = {.sa_handler = ask_to_stop};
	int error = check_usage(&host, argc, argv);

	if (error > 0)
		return EXIT_DONE;
	if (error) {
		fprintf(stderr, "folio host --help says what is allowed\n");
		generator_close(host.generator);
		return EXIT_BAD_USAGE;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	enum exit_status status = start(&host);

	generator_close(host.generator);
	backend_io_close(&host.backend_io);
	return status;
}

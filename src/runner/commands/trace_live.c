/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/trace_live.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "probes/emulated.h"
#include "probes/probe.h"
#include "runner/commands/emulated_runs.h"
#include "runner/commands/exit_screen.h"
#include "runner/commands/stop_signal.h"
#include "runner/report/format.h"

#define SCREEN_NS 1000000000ull
#define ROWS_ON_SCREEN 30
#define CLEAR "\033[H\033[J"

struct trace_live {
	const struct trace_options *options;
	struct probe_session session;
	struct emulated emulated;  /* exits of a process of ours; not open: it is none */
	struct emulated_runs runs; /* where all processes are traced: every run's emulated exits */
	struct exit_table *total;
	uint64_t packets; /* of that process's queue pairs that exit, while it was traced */
	int process;      /* descriptor of the process that is traced; -1: all are */
	bool terminal;
	uint64_t began_ns;
};

static void
say_what_is_traced(const struct trace_live *live)
{
	const struct probe_session *session = &live->session;

	double event_ns = probe_session_cost_ns(session);

	log_note("tracing by %s: %s", session->probe->name, session->probe->help);
	if (isfinite(event_ns))
		log_note("an event costs who makes it %.0f ns, measured just now", event_ns);
	else
		log_note("what an event costs who makes it cannot be told here");
	if (live->emulated.area)
		log_note("process %u counts emulated exits: its own, and its children's, to KVM "
			 "too; packets are those of queue pairs that exit, warm-up and draining "
			 "included",
			 live->options->pid);
	for (size_t i = 0; i < session->n_skips; i++)
		log_note("without %s: %s", session->skips[i].what, session->skips[i].why);
}

static void
show(const struct trace_live *live, const struct exit_table *table, uint64_t packets,
     double seconds, const char *of)
{
	const struct probe_session *session = &live->session;
	const struct exit_view view = {
		.table = table,
		.seconds = seconds,
		.per_packet = live->emulated.area,
		.packets = packets,
		.rows_max = live->terminal ? ROWS_ON_SCREEN : 0,
	};

	printf("%sby %s, %.0f s: %llu events, %llu lost, %llu unmatched; %s\n",
	       live->terminal ? CLEAR : "", session->probe->name,
	       (double)(clock_monotonic_ns() - live->began_ns) / 1e9,
	       (unsigned long long)session->events, (unsigned long long)session->lost,
	       (unsigned long long)session->unmatched, of);
	exit_screen_print(&view, stdout);
	if (!live->terminal)
		putchar('\n');
	fflush(stdout);
}

/* Reads what came since the last time, shows it where that is wanted, and adds it up. */
static int
read_and_show(struct trace_live *live, double seconds)
{
	struct exit_table table = {0};
	uint64_t packets = 0;
	int err = probe_session_read(&live->session, &table);

	if (!err && live->emulated.area) {
		err = emulated_read(&live->emulated, &table);
		packets = emulated_packets(&live->emulated, true);
		live->packets += packets;
	}
	if (!err && !live->options->pid)
		err = emulated_runs_read(&live->runs, &table);
	if (!err)
		err = exit_table_merge(live->total, &table);
	if (err)
		log_error("%s: cannot be read: %s", live->session.probe->name, strerror(-err));
	exit_table_sort(&table);
	if (!err && live->options->live)
		show(live, &table, packets, seconds, "exits since the last table:");
	exit_table_free(&table);
	return err;
}

/* Waits until then, or until there is a reason to end: returns whether there is one. */
static bool
wait_until(const struct trace_live *live, uint64_t until_ns)
{
	struct pollfd process = {.fd = live->process, .events = POLLIN};

	while (!stop_signal_caught()) {
		uint64_t now_ns = clock_monotonic_ns(), left_ns = until_ns - now_ns;
		struct timespec left = {(time_t)(left_ns / 1000000000),
					(long)(left_ns % 1000000000)};

		if (now_ns >= until_ns)
			return false;
		if (ppoll(&process, 1, &left, NULL) > 0) {
			log_note("process %u has ended", live->options->pid);
			return true;
		}
	}
	return true;
}

static int
loop(struct trace_live *live)
{
	uint64_t duration_ns = live->options->duration_ns;
	uint64_t end_ns = duration_ns ? live->began_ns + duration_ns : UINT64_MAX;
	uint64_t last_ns = live->began_ns, next_ns;
	bool ended = false;
	int err = 0;

	while (!err && !ended && last_ns < end_ns && !ferror(stdout)) {
		next_ns = last_ns + SCREEN_NS < end_ns ? last_ns + SCREEN_NS : end_ns;
		ended = wait_until(live, next_ns);
		next_ns = clock_monotonic_ns();
		err = read_and_show(live, (double)(next_ns - last_ns) / 1e9);
		last_ns = next_ns;
	}
	return err;
}

static void
show_total(struct trace_live *live)
{
	exit_table_sort(live->total);
	live->terminal = false;
	show(live, live->total, live->packets,
	     (double)(clock_monotonic_ns() - live->began_ns) / 1e9, "all exits:");
}

/*
 * A run of ours is several processes; they, and no others, are traced by the area in which they
 * count, where the probe can. Returns 0 or -errno.
 */
static int
open_run(struct trace_live *live, const char *probe)
{
	struct probe_filter filter = PROBE_ALL;

	if (!live->options->pid || emulated_attach(&live->emulated, (pid_t)live->options->pid) ||
	    !live->emulated.is_bpf)
		return -ENOENT;
	filter.area_fd = live->emulated.fd;
	return probe_session_open(&live->session, probe, &filter);
}

static int
open_session(struct trace_live *live)
{
	const struct trace_options *options = live->options;
	const struct probe_filter filter = {.pid = (pid_t)options->pid, .vcpu = -1};
	const char *probe = *options->probe ? options->probe : NULL;
	struct probe_session *session = &live->session;
	int err = open_run(live, probe);

	if (!err)
		session->set = PROBE_ALL_SETS;
	else
		err = probe_session_open(session, probe, &filter);
	if (!err)
		return 0;
	for (size_t i = 0; i < session->n_skips; i++)
		log_note("%s: %s", session->skips[i].what, session->skips[i].why);
	/* A probe that there is says why it cannot. */
	if (!session->n_skips) {
		log_error("--probe: found '%s', allowed: what folio list probes lists",
			  options->probe);
		return -EINVAL;
	}
	log_error(*options->probe ? "this machine does not let that probe trace exits" :
				    "this machine lets no probe trace exits");
	return -ENOTSUP;
}

static int
open_process(struct trace_live *live)
{
	live->process = -1;
	if (!live->options->pid)
		return 0;
	live->process = (int)syscall(SYS_pidfd_open, (pid_t)live->options->pid, 0);
	if (live->process >= 0)
		return 0;
	log_error("--pid: found '%u': %s", live->options->pid, strerror(errno));
	return errno == ESRCH ? -EINVAL : -errno;
}

int
trace_live_run(const struct trace_options *options, struct exit_table *total)
{
	struct trace_live live = {
		.options = options,
		.total = total,
		.terminal = isatty(STDOUT_FILENO),
	};
	int err = open_process(&live);

	if (err)
		return err;
	stop_signal_catch();
	err = open_session(&live);
	if (!err) {
		say_what_is_traced(&live);
		live.began_ns = clock_monotonic_ns();
		err = loop(&live);
		if (!err)
			show_total(&live);
		emulated_runs_close(&live.runs);
		probe_session_close(&live.session);
	}
	emulated_close(&live.emulated);
	if (live.process >= 0)
		close(live.process);
	return err;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * folio guest: the confidential VM's side alone, for two terminals or a foreign
 * backend. The main thread is the control path: it meets the host, has the work (threads
 * of its own) go on, looks every few milliseconds whether the host is still there, and
 * when it has gone waits for the next one.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/scratch.h"
#include "datapath/eal.h"
#include "datapath/guest/guest.h"
#include "datapath/guest/port.h"
#include "datapath/tally.h"
#include "runner/commands/columns.h"
#include "runner/commands/commands.h"
#include "runner/commands/counts.h"
#include "runner/commands/guest_options.h"
#include "runner/commands/guest_work.h"
#include "runner/commands/sides.h"
#include "runner/exit_status.h"

#define WAIT_MS 100           /* at a time: an interrupt is noticed then */
#define CONNECT_MS 5000       /* a host that has come has so long to agree */
#define REFUSED_PAUSE_MS 1000 /* after one with which that failed */
#define WATCH_MS 5

static atomic_bool stop;
static struct guest *_Atomic interruptible; /* NULL: none is open */
static atomic_uint n_asking;                /* threads in ask_to_stop() */

/* In any thread: the guest must stay open until all are through. */
static void
ask_to_stop(int signal)
{
	(void)signal;
	atomic_store(&stop, true);
	atomic_fetch_add(&n_asking, 1);

	struct guest *guest = atomic_load(&interruptible);

	if (guest)
		guest_interrupt(guest);
	atomic_fetch_sub(&n_asking, 1);
}

static void
end_interrupts(void)
{
	atomic_store(&interruptible, NULL);
	while (atomic_load(&n_asking))
		sched_yield();
}

static void
print_usage(FILE *to)
{
	fprintf(to,
		"usage: folio guest --socket PATH [OPTION]...\n\n"
		"Drives a device over a vhost-user socket as a confidential VM does, and sends\n"
		"each frame back; or, with --traffic, sends frames and checks what comes back.\n"
		"It goes on until it is interrupted; a host may go and come again.\n\n");
	guest_plan_help(to);
	fprintf(to,
		"\nExit status: %d done, %d frames came back damaged, %d bad usage, %d this "
		"machine cannot do\nit or no host came.\n",
		EXIT_DONE, EXIT_VERDICT_FAILED, EXIT_BAD_USAGE, EXIT_MACHINE_LACKS);
}

struct session {
	struct guest_plan plan;
	const struct guest_work_ops *ops;
	char scratch[SCRATCH_PATH_BYTES];
	struct guest guest;
	/* From the first host's coming on. */
	struct port ports[QUEUES_MAX];
	bool ports_open;
	void *work; /* NULL: not yet */
	struct tally tally;
	struct tally_count counts[TALLY_COUNTS_MAX];
	uint32_t n_counts;
	unsigned int n_sessions;
	bool host_there;
	uint64_t waiting_ns; /* since when for the first host; 0: one came, or a hint was given */
	uint64_t line_ns, end_ns; /* when the last line was, and when it is over (0: never) */
	unsigned int n_lines;
};

static bool
over(const struct session *session)
{
	return atomic_load(&stop) || (session->work && session->ops->done(session->work)) ||
	       (session->end_ns && clock_monotonic_ns() >= session->end_ns);
}

/* A line a second, from the first host's coming on. */
static void
tick(struct session *session)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (!session->work || now_ns - session->line_ns < 1000000000)
		return;
	printf("%u s: host %s; ", ++session->n_lines, session->host_there ? "there" : "away");
	session->ops->print_line(session->work, (double)(now_ns - session->line_ns) / 1e9);
	putchar('\n');
	fflush(stdout);
	session->line_ns = now_ns;
}

static void
nap(int ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

/* With the first host: sources of the ports may want the device to be there. */
static int
open_work(struct session *session)
{
	unsigned int n = session->plan.config.queues;
	int error = 0;

	session->ports_open = true;
	for (unsigned int q = 0; !error && q < n; q++) {
		const struct port_options options = {.guest = &session->guest,
						     .queue = q,
						     .config = &session->plan.config,
						     .crypto_cpu = session->plan.crypto_cpu};

		error = port_open(&session->ports[q], &options);
	}
	if (error)
		return error;
	tally_add_ports(&session->tally, session->ports, n);
	session->n_counts = tally_begin(&session->tally, session->counts);
	error = session->ops->open(&session->plan, session->ports, &session->work);
	session->line_ns = clock_monotonic_ns();
	if (session->plan.given.duration_ns)
		session->end_ns = session->line_ns + session->plan.given.duration_ns;
	return error;
}

/* The application's threads are at rest, or gone. */
static void
disconnect(struct session *session)
{
	for (unsigned int q = 0; session->ports_open && q < session->plan.config.queues; q++)
		port_halt(&session->ports[q]);
	guest_disconnect(&session->guest);
}

static int
start_work(struct session *session)
{
	int error = session->work ? 0 : open_work(session);

	for (unsigned int q = 0; !error && q < session->plan.config.queues; q++)
		error = port_attach(&session->ports[q]);
	if (error)
		return error;
	log_note("a host is there: %u queue pair%s", session->plan.config.queues,
		 session->plan.config.queues == 1 ? "" : "s");
	session->n_sessions++;
	session->host_there = true;
	session->ops->resume(session->work);
	return 0;
}

/* Until the host goes, or it is over: then what is under way is waited for first. */
static void
watch(struct session *session)
{
	while (!over(session) && !guest_peer_gone(&session->guest)) {
		nap(WATCH_MS);
		tick(session);
	}
	if (over(session) && !guest_peer_gone(&session->guest))
		session->ops->end(session->work);
	else
		session->ops->pause(session->work);
	if (!over(session))
		log_note("the host has gone; waiting for it to come again");
	session->host_there = false;
}

/* One host, from its coming to its going. Returns 0, or -errno when there is no going on. */
static int
serve_host(struct session *session)
{
	bool iommu = datapath_config_needs_iommu(&session->plan.config);
	int error = guest_wait(&session->guest, WAIT_MS);

	if (error)
		return error == -ETIMEDOUT ? 0 : error;
	session->waiting_ns = 0;
	if (guest_connect(&session->guest, iommu, CONNECT_MS)) {
		/* It has said why; another host, or this one later, may be fit. */
		if (!over(session))
			nap(REFUSED_PAUSE_MS);
		return 0;
	}
	error = start_work(session);
	if (error)
		return error;
	watch(session);
	disconnect(session);
	return 0;
}

static void
hint(struct session *session)
{
	const struct guest_options_given *given = &session->plan.given;

	if (!session->waiting_ns ||
	    clock_monotonic_ns() - session->waiting_ns < SIDES_WAIT_HINT_S * UINT64_C(1000000000))
		return;
	session->waiting_ns = 0;
	if (given->client)
		log_note("nobody listens at %s yet: is the host running, with the same --socket, "
			 "and with --server?",
			 given->socket);
	else
		log_note("no host has come to %s yet: does one run, with the same --socket, and "
			 "without --server?",
			 given->socket);
}

static int
serve(struct session *session)
{
	int error = 0;

	if (session->plan.given.socket[0])
		log_note("waiting for a host %s %s",
			 session->plan.given.client ? "that listens at" : "at",
			 session->plan.given.socket);
	session->waiting_ns = clock_monotonic_ns();
	while (!error && !over(session)) {
		error = serve_host(session);
		hint(session);
		tick(session);
	}
	return error;
}

static int
print_counts(struct session *session)
{
	char text[COUNTS_TEXT_BYTES];
	struct columns columns = {0};
	int error;

	session->ops->count(session->work, &columns);
	tally_end(&session->tally, session->counts);
	for (uint32_t i = 0; i < session->n_counts; i++) {
		snprintf(text, sizeof(text), "%llu", (unsigned long long)session->counts[i].count);
		columns_row(&columns, session->counts[i].name, text, session->counts[i].unit,
			    session->counts[i].help);
	}
	snprintf(text, sizeof(text), "%u", session->n_sessions);
	columns_row(&columns, "hosts", text, "connections", "in all");
	error = columns_print(&columns, stdout);
	columns_close(&columns);
	return error;
}

static enum exit_status
finish(struct session *session, int error)
{
	enum exit_status status = EXIT_MACHINE_LACKS;

	if (session->work) {
		session->ops->end(session->work);
		if (!print_counts(session))
			status = session->ops->status(session->work);
	} else if (!error) {
		log_error("no host came to %s", session->plan.given.socket);
	}
	return error ? EXIT_MACHINE_LACKS : status;
}

static void
close_guest(struct session *session)
{
	if (session->work)
		session->ops->close(session->work);
	disconnect(session);
	for (unsigned int q = 0; session->ports_open && q < session->plan.config.queues; q++)
		port_close(&session->ports[q]);
	guest_close(&session->guest);
}

/* With DPDK running. */
static enum exit_status
open_and_serve(struct session *session)
{
	const struct guest_plan *plan = &session->plan;
	const struct guest_options options = {
		.config = &plan->config,
		.bounce_bytes = datapath_config_bounce_bytes(&plan->config),
		.path = plan->given.socket[0] ? plan->given.socket : NULL,
		.client = plan->given.client,
		.keep_name = true,
	};
	enum exit_status status;

	if (guest_open(&session->guest, &options))
		return EXIT_MACHINE_LACKS;
	atomic_store(&interruptible, &session->guest);
	status = finish(session, serve(session));
	end_interrupts();
	close_guest(session);
	return status;
}

/* DPDK binds the thread that starts it to a core; the control path is not to share the work's. */
static int
start_dpdk(const struct session *session)
{
	const struct datapath_config *config = &session->plan.config;
	size_t bytes = guest_region_bytes(config, datapath_config_bounce_bytes(config));
	cpu_set_t before;
	bool known = sched_getaffinity(0, sizeof(before), &before) == 0;
	int error;

	datapath_expect(config);
	error = datapath_start(session->plan.cpus[0], session->scratch, bytes);
	if (known)
		sched_setaffinity(0, sizeof(before), &before);
	return error;
}

static enum exit_status
run(struct session *session)
{
	enum exit_status status = EXIT_MACHINE_LACKS;
	int error = scratch_open(session->scratch);

	if (error) {
		log_error("no private folder in /tmp: %s", strerror(-error));
		return status;
	}
	if (!start_dpdk(session))
		status = open_and_serve(session);
	scratch_close(session->scratch);
	return status;
}

int
cmd_guest(int argc, char **argv)
{
	const struct sigaction action = {.sa_handler = ask_to_stop};
	static struct session session;
	int error = guest_plan_parse(argc, argv, &session.plan);

	if (error > 0) {
		print_usage(stdout);
		return EXIT_DONE;
	}
	session.ops = session.plan.given.traffic[0] ? &guest_traffic : &guest_forward;
	if (!error)
		error = session.ops->check(&session.plan);
	if (error) {
		fprintf(stderr, "folio guest --help says what is allowed\n");
		return EXIT_BAD_USAGE;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return run(&session);
}

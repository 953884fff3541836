/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/measure/exit_watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "datapath/exits/exit.h"
#include "probes/names.h"

static bool
exits_to_kvm(const struct experiment *experiment)
{
	for (uint32_t i = 0; i < experiment->n_cells; i++)
		if (!strcmp(exit_backend_names[experiment->cells[i].config.exits], "kvm"))
			return true;
	return false;
}

static void
trace(struct exit_watch *watch)
{
	struct probe_filter filter = PROBE_ALL;
	struct probe_session *session = &watch->session;

	filter.events = PROBE_EVENTS_KVM;
	filter.area_fd = watch->emulated.fd;
	watch->traced = watch->emulated.is_bpf && !probe_session_open(session, NULL, &filter);
	if (watch->traced)
		watch->event_ns = probe_session_cost_ns(session);
	else
		log_warning("exits to KVM are in exits.csv as emulated ones, and not traced: %s",
			    session->n_skips ? session->skips[0].why :
					       "BPF is not allowed to this user");
}

void
exit_watch_open(struct exit_watch *watch, const struct experiment *experiment)
{
	int error;

	*watch = (struct exit_watch){.event_ns = NAN};
	error = emulated_create(&watch->emulated);
	if (error) {
		log_warning("exits are not in exits.csv: shared memory for them: %s",
			    strerror(-error));
		return;
	}
	watch->emulated.metered_only = true;
	exit_area_use(watch->emulated.area);
	if (exits_to_kvm(experiment))
		trace(watch);
}

void
exit_watch_close(struct exit_watch *watch)
{
	if (watch->traced)
		probe_session_close(&watch->session);
	exit_area_use(NULL);
	emulated_close(&watch->emulated);
	watch->traced = false;
}

void
exit_watch_begin(struct exit_watch *watch, const struct trial *trial)
{
	if (watch->emulated.area)
		watch->emulated.area->head.metered_set = trial->exit_set;
}

void
exit_watch_end(struct exit_watch *watch)
{
	if (watch->emulated.area)
		watch->emulated.area->head.metered_set = 0;
}

static void
read_emulated(struct exit_watch *watch, struct exit_table *table, uint64_t *packets)
{
	if (emulated_read(&watch->emulated, table))
		log_warning("some exits are not in exits.csv: not enough memory");
	*packets = emulated_packets(&watch->emulated, false);
}

/*
 * Sets take turns: whoever reads one has several trials' time for it. What other measuring
 * processes counted is read, and left.
 */
void
exit_watch_begin_trial(struct exit_watch *watch, struct trial *trial)
{
	struct exit_table others = {0};
	uint64_t packets;

	if (!watch->emulated.area)
		return;
	trial->exit_set = 1 + watch->n++ % (EXIT_AREA_SETS - 1);
	read_emulated(watch, &others, &packets);
	exit_table_free(&others);
}

static void
add_row(struct trial *trial, const struct exit_row *row)
{
	const struct exit_latency *latency = &row->latency;
	struct trial_exit *out = &trial->exits[trial->n_exits];
	char name[EXIT_NAME_BYTES];

	if (trial->n_exits == TRIAL_EXITS_MAX)
		return;
	trial->n_exits++;
	*out = (struct trial_exit){
		.origin = exit_row_origin(row),
		.count = row->count,
		.min_ns = exit_latency_min_ns(latency),
		.p50_ns = exit_latency_quantile_ns(latency, 0.5),
		.p99_ns = exit_latency_quantile_ns(latency, 0.99),
		.max_ns = exit_latency_max_ns(latency),
	};
	snprintf(out->reason, sizeof(out->reason), "%s", exit_row_name(row, name, sizeof(name)));
}

static void
add_rows(struct trial *trial, struct exit_table *table)
{
	exit_table_sort(table);
	for (size_t i = 0; i < table->n; i++)
		add_row(trial, table->rows[i]);
}

void
exit_watch_end_trial(struct exit_watch *watch, struct trial *trial)
{
	struct exit_table exits = {0};

	if (!watch->emulated.area)
		return;
	read_emulated(watch, &exits, &trial->exit_packets);
	add_rows(trial, &exits);
	exit_table_free(&exits);
}

void
exit_watch_forget(struct exit_watch *watch)
{
	struct exit_table ignored = {0};

	if (!watch->emulated.area)
		return;
	exit_area_forget(watch->emulated.area);
	/* What a process that was ended left of a trial. */
	watch->session.set = PROBE_ALL_SETS;
	if (watch->traced)
		probe_session_read(&watch->session, &ignored);
	watch->n_events = watch->session.events;
	exit_table_free(&ignored);
}

static uint64_t
count_exits(const struct exit_table *table)
{
	uint64_t exits = 0;

	for (size_t i = 0; i < table->n; i++)
		if (exit_row_is_exit(table, table->rows[i]))
			exits += table->rows[i]->count;
	return exits;
}

/* Events of the reference's slices cost as much, and so they are read too. */
void
exit_watch_complete(struct exit_watch *watch, struct trial *trial)
{
	struct exit_table exits = {0}, others = {0};

	trial->tracing_share = watch->traced ? NAN : 0;
	trial->kvm_exits_per_packet = NAN;
	if (!watch->traced)
		return;
	watch->session.set = trial->exit_set;
	if (probe_session_read(&watch->session, &exits)) {
		log_warning("exits to KVM could not be read; they are missing from exits.csv");
	} else {
		add_rows(trial, &exits);
		trial->kvm_exits_per_packet =
			(double)count_exits(&exits) / (double)trial->exit_packets;
	}
	watch->session.set = 0;
	if (!probe_session_read(&watch->session, &others) && trial->duration_ns)
		trial->tracing_share = (double)(watch->session.events - watch->n_events) *
				       watch->event_ns / (double)trial->duration_ns;
	watch->n_events = watch->session.events;
	exit_table_free(&exits);
	exit_table_free(&others);
}

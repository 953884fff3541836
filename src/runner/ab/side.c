/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/ab/side.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cpus.h"
#include "base/log.h"
#include "datapath/host/traffic.h"
#include "runner/ab/protocol.h"
#include "runner/ab/subjects.h"
#include "runner/ab/turns.h"
#include "runner/measure/bench.h"
#include "runner/measure/child.h"
#include "runner/measure/privileges.h"

struct side {
	const struct side_options *options;
	struct experiment *experiment; /* subjects are its cells */
	struct lanes lanes;
	struct traffic *traffics; /* by subject; of equal texts the first one's alone is open */
	const struct bench_ops *ops;
	void *bench;
	struct turns *turns;
	uint32_t slice;   /* so many have gone before this trial */
	uint32_t traffic; /* subject whose traffic is set; UINT32_MAX: none */
};

static int
send_message(const void *message, size_t bytes)
{
	if (send(AB_CHANNEL_FD, message, bytes, MSG_NOSIGNAL) == (ssize_t)bytes)
		return 0;
	int error = -errno;

	log_error("the channel of folio ab: %s", strerror(-error));
	return error;
}

int
side_hello(void)
{
	struct ab_hello hello = {.type = AB_HELLO, .version = AB_VERSION};

	memcpy(hello.magic, AB_MAGIC, sizeof(hello.magic));
	return send_message(&hello, sizeof(hello));
}

static uint32_t
first_with_traffic(const struct experiment *experiment, uint32_t subject)
{
	uint32_t first = 0;

	while (strcmp(experiment->cells[first].traffic, experiment->cells[subject].traffic))
		first++;
	return first;
}

static int
open_traffics(struct side *side)
{
	const struct experiment *experiment = side->experiment;
	int error = 0;
	char why[512];

	side->traffics = calloc(experiment->n_cells, sizeof(*side->traffics));
	if (!side->traffics)
		return -ENOMEM;
	for (uint32_t i = 0; i < experiment->n_cells && !error; i++) {
		if (first_with_traffic(experiment, i) < i)
			continue;
		error = traffic_open(experiment->cells[i].traffic, experiment->measure.seed,
				     &side->traffics[i], why, sizeof(why));
		if (error)
			log_error("%s", why);
	}
	return error;
}

static int
open_bench(struct side *side)
{
	const struct bench_options options = {
		.experiment = side->experiment,
		.lanes = &side->lanes,
		.traffics = side->traffics,
		.socket_dir = side->options->scratch,
		.cpu = -1,
	};

	side->ops = bench_find(side->experiment->topology);
	return side->ops->open(&options, &side->bench);
}

static int
set_up(struct side *side)
{
	const struct side_options *options = side->options;
	int error = experiment_open(options->config, costs_dir(), options->set, options->n_set,
				    &side->experiment);

	if (!error)
		error = subjects_keep(side->experiment);
	if (!error)
		error = turns_map(AB_TURNS_FD, &side->turns);
	if (!error)
		error = open_traffics(side);
	if (!error)
		error = lanes_plan(side->experiment, &side->lanes);
	if (!error)
		error = open_bench(side);
	if (!error)
		privileges_drop();
	return error;
}

static int
send_subjects(const struct side *side)
{
	uint32_t n = side->experiment->n_cells;
	int error = 0;

	for (uint32_t i = 0; i < n && !error; i++) {
		struct ab_subject subject = {.type = AB_SUBJECT, .id = i, .n = n};

		subject_name(&side->experiment->cells[i], subject.name, sizeof(subject.name));
		error = send_message(&subject, sizeof(subject));
	}
	return error;
}

static int
check_trial(const struct side *side, const struct ab_trial *trial, ssize_t bytes)
{
	if (bytes == sizeof(*trial) && trial->type == AB_TRIAL &&
	    trial->subject < side->experiment->n_cells && trial->first < 2 && trial->quads &&
	    trial->quads <= AB_QUADS_MAX && trial->slice_ns)
		return 0;
	log_error("the channel of folio ab: found a message of %zd bytes that is no trial", bytes);
	return -EPROTO;
}

static int
set_traffic(struct side *side, uint32_t subject)
{
	uint32_t wanted = first_with_traffic(side->experiment, subject);

	if (wanted == side->traffic)
		return 0;
	side->traffic = wanted;
	return side->ops->set_traffic(side->bench, wanted);
}

/* One slice, when it is its turn. */
static int
run_slice(struct side *side, const struct ab_trial *trial, uint32_t i, double *cycles)
{
	struct slice slice = {.duration_ns = trial->slice_ns};
	uint32_t lane = side->lanes.configuration[trial->subject];
	int error;

	turns_await(side->turns, side->slice + i);
	error = side->ops->slice(side->bench, lane, &slice);
	*cycles = slice.guest_cycles_per_packet;
	turns_pass(side->turns, side->slice + i + 1,
		   !turns_mine(i + 1, trial->first, side->options->side));
	return error;
}

static int
serve_trial(struct side *side, const struct ab_trial *trial)
{
	struct ab_result result = {.type = AB_RESULT, .subject = trial->subject};
	int error = set_traffic(side, trial->subject);

	for (uint32_t i = 0; i < 4 * trial->quads && !error; i++)
		if (turns_mine(i, trial->first, side->options->side))
			error = run_slice(side, trial, i, &result.cycles[result.slices++]);
	side->slice += 4 * trial->quads;
	return error ? error : send_message(&result, sizeof(result));
}

static int
serve(struct side *side)
{
	int error = cpu_pin(side->options->cpu);

	if (error)
		log_error("core %d to measure on: %s", side->options->cpu, strerror(-error));
	while (!error) {
		struct ab_trial trial;
		ssize_t bytes = recv(AB_CHANNEL_FD, &trial, sizeof(trial), MSG_TRUNC);

		if (bytes < 0 && errno == EINTR)
			continue;
		if (bytes == 0)
			return 0;
		error = bytes < 0 ? -errno : check_trial(side, &trial, bytes);
		if (!error)
			error = serve_trial(side, &trial);
	}
	return error;
}

static void
tear_down(struct side *side)
{
	if (side->bench)
		side->ops->close(side->bench);
	for (uint32_t i = 0; side->traffics && i < side->experiment->n_cells; i++)
		traffic_close(&side->traffics[i]);
	free(side->traffics);
	lanes_close(&side->lanes);
	if (side->turns)
		turns_unmap(side->turns);
	experiment_close(side->experiment);
}

int
side_run(const struct side_options *options)
{
	struct side side = {.options = options, .traffic = UINT32_MAX};
	int error;

	/* Both builds measure on pages of one kind, whatever is free: restarts spread less on these. */
	setenv("FOLIO_NO_HUGE", "1", 1);
	error = set_up(&side);
	if (error == -ENOMEM)
		log_error("not enough memory to measure");
	if (!error)
		error = send_subjects(&side);
	if (!error)
		error = serve(&side);
	tear_down(&side);
	return error;
}

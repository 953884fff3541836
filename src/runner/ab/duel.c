/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/ab/duel.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compare.h"
#include "base/log.h"
#include "runner/ab/subjects.h"
#include "runner/ab/turns.h"

/* To start takes a second or two; a machine that has other work may need many times that. */
#define READY_TIMEOUT_NS 60000000000u
#define TRIAL_TIMEOUT_NS 10000000000u

/* The first quads of a trial find caches and branch predictors as the one before left them. */
#define QUADS_DROPPED 2u

void
duel_init(struct duel *duel)
{
	*duel = (struct duel){.turns_fd = -1};
	for (int i = 0; i < 2; i++)
		duel->contenders[i] = (struct contender){.pid = -1, .channel = -1, .said = -1};
}

int
duel_start(struct duel *duel, const struct contender_options options[2], uint32_t number,
	   uint32_t first)
{
	int error = 0;

	duel_init(duel);
	duel->turns_fd = turns_create();
	error = duel->turns_fd < 0 ? duel->turns_fd : turns_map(duel->turns_fd, &duel->turns);
	if (error)
		log_error("a page for turns: %s", strerror(-error));
	for (uint32_t i = 0; i < 2 && !error; i++) {
		uint32_t side = (first + i) % 2;
		struct contender_options mine = options[side];
		char folder[16];

		snprintf(folder, sizeof(folder), "%u%c", number, 'a' + side);
		mine.side = side;
		mine.folder = folder;
		mine.turns_fd = duel->turns_fd;
		error = contender_start(&duel->contenders[side], &mine);
	}
	return error;
}

/* Waits until one of those in the set (bit i: contender i) has something to say. */
static int
wait_any(const struct duel *duel, unsigned int set, uint64_t until_ns)
{
	struct pollfd polled[2];
	uint64_t now_ns = clock_monotonic_ns();
	int n;

	for (int i = 0; i < 2; i++)
		polled[i] = (struct pollfd){
			.fd = set >> i & 1 ? duel->contenders[i].channel : -1,
			.events = POLLIN,
		};
	if (now_ns >= until_ns)
		return -ETIMEDOUT;
	n = poll(polled, 2, (int)((until_ns - now_ns) / 1000000 + 1));
	return n < 0 ? -errno : n ? 0 : -ETIMEDOUT;
}

static int
report_unready(struct duel *duel, unsigned int set)
{
	for (int i = 0; i < 2; i++)
		if (set >> i & 1)
			contender_blame(&duel->contenders[i], "does not get ready to measure");
	return -EPROTO;
}

/* Who has the turn is late. */
static int
report_late(struct duel *duel, const struct ab_trial *trial)
{
	uint32_t slice = atomic_load(&duel->turns->slice) - duel->slices;
	uint32_t side = !turns_mine(slice, trial->first, 0);

	contender_blame(&duel->contenders[side], "does not end its slice");
	return -EPROTO;
}

static int
check_hello(struct contender *contender, const struct ab_hello *hello)
{
	if (memcmp(hello->magic, AB_MAGIC, sizeof(hello->magic))) {
		contender_blame(contender, "doesn't say hello as folio ab-side does");
		return -EPROTO;
	}
	if (hello->version == AB_VERSION)
		return 0;
	contender_blame(contender,
			"speaks version %u of folio ab's protocol, this folio speaks %u: compare "
			"builds with a folio of their own age",
			hello->version, AB_VERSION);
	return -EPROTO;
}

static int
check_subject(struct contender *contender, struct ab_subject *subject, uint32_t id,
	      const struct experiment *experiment)
{
	char name[AB_NAME_BYTES];

	subject->name[sizeof(subject->name) - 1] = '\0';
	subject_name(&experiment->cells[id], name, sizeof(name));
	if (subject->id == id && subject->n == experiment->n_cells && !strcmp(subject->name, name))
		return 0;
	for (char *c = subject->name; *c; c++)
		*c = *c < ' ' ? '?' : *c;
	contender_blame(contender,
			"measures %u things, number %u of them '%.200s'; %u, and '%.200s', are "
			"wanted: both builds must read the configuration alike",
			subject->n, subject->id, subject->name, experiment->n_cells, name);
	return -EPROTO;
}

/* One message of a contender that is starting. Returns 1 when it was the last, 0, or -errno. */
static int
hear(struct duel *duel, uint32_t i, const struct experiment *experiment)
{
	struct contender *contender = &duel->contenders[i];
	struct ab_subject subject;
	struct ab_hello hello;
	int got;

	if (!duel->greeted[i]) {
		got = contender_take(contender, AB_HELLO, &hello, sizeof(hello));
		duel->greeted[i] = got == 1;
		return got == 1 ? check_hello(contender, &hello) : got;
	}
	got = contender_take(contender, AB_SUBJECT, &subject, sizeof(subject));
	if (got == 1)
		got = check_subject(contender, &subject, duel->subjects_known[i]++, experiment);
	return got ? got : duel->subjects_known[i] == experiment->n_cells;
}

int
duel_wait_ready(struct duel *duel, const struct experiment *experiment)
{
	uint64_t until_ns = clock_monotonic_ns() + READY_TIMEOUT_NS;
	unsigned int awaited = 3;

	while (awaited) {
		int error = wait_any(duel, awaited, until_ns);

		if (error == -ETIMEDOUT)
			return report_unready(duel, awaited);
		if (error)
			return error;
		for (uint32_t i = 0; i < 2; i++) {
			int got = awaited >> i & 1 ? hear(duel, i, experiment) : 0;

			if (got < 0)
				return got;
			awaited &= ~((unsigned int)got << i);
		}
	}
	return 0;
}

static bool
all_positive(const struct ab_result *result)
{
	for (uint32_t i = 0; i < result->slices; i++)
		if (!isfinite(result->cycles[i]) || result->cycles[i] <= 0)
			return false;
	return true;
}

static int
check_result(struct contender *contender, const struct ab_result *result,
	     const struct ab_trial *trial)
{
	if (result->subject == trial->subject && result->slices == 2 * trial->quads &&
	    all_positive(result))
		return 0;
	contender_blame(contender, "sent a result that is none of the trial");
	return -EPROTO;
}

static int
take_results(struct duel *duel, const struct ab_trial *trial, struct ab_result results[2])
{
	uint64_t until_ns =
		clock_monotonic_ns() + TRIAL_TIMEOUT_NS + 16 * trial->quads * trial->slice_ns;
	unsigned int awaited = 3;

	while (awaited) {
		int error = wait_any(duel, awaited, until_ns);

		if (error == -ETIMEDOUT)
			return report_late(duel, trial);
		if (error)
			return error;
		for (int i = 0; i < 2; i++) {
			if (!(awaited >> i & 1))
				continue;
			int got = contender_take(&duel->contenders[i], AB_RESULT, &results[i],
						 sizeof(results[i]));

			if (got == 1)
				error = check_result(&duel->contenders[i], &results[i], trial);
			if (got < 0 || error)
				return got < 0 ? got : error;
			awaited &= ~((unsigned int)got << i);
		}
	}
	return 0;
}

static double
median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare_doubles);
	return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

static void
summarise(const struct ab_result results[2], uint32_t quads, struct duel_trial *found)
{
	double quad[AB_QUADS_MAX];
	size_t n = 0;

	for (uint32_t i = quads > 2 * QUADS_DROPPED ? QUADS_DROPPED : 0; i < quads; i++) {
		const double *a = &results[0].cycles[2 * i], *b = &results[1].cycles[2 * i];

		quad[n++] = log(b[0] * b[1] / (a[0] * a[1])) / 2;
	}
	found->log_ratio = median(quad, n);
	for (int side = 0; side < 2; side++) {
		double cycles[2 * AB_QUADS_MAX];

		memcpy(cycles, results[side].cycles, 2 * quads * sizeof(cycles[0]));
		found->cycles[side] = median(cycles, 2 * quads);
	}
}

int
duel_measure(struct duel *duel, const struct ab_trial *trial, struct duel_trial *found)
{
	static struct ab_result results[2];
	struct ab_trial told = *trial;
	int error = 0;

	told.type = AB_TRIAL;
	for (int i = 0; i < 2 && !error; i++)
		error = contender_tell(&duel->contenders[i], &told, sizeof(told));
	if (!error)
		error = take_results(duel, trial, results);
	duel->slices += 4 * trial->quads;
	if (!error)
		summarise(results, trial->quads, found);
	return error;
}

void
duel_stop(struct duel *duel)
{
	for (int i = 0; i < 2; i++)
		contender_stop(&duel->contenders[i]);
	if (duel->turns)
		turns_unmap(duel->turns);
	if (duel->turns_fd >= 0)
		close(duel->turns_fd);
	duel->turns = NULL;
	duel->turns_fd = -1;
}

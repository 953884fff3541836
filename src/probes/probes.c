/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of probes, and the choice of the best one that works. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probes/probe.h"
#include "probes/tracefs.h"
#include "probes/tracefs_instance.h"

extern const struct probe probe_btf, probe_classic, probe_tracefs, probe_perf, probe_statistics;

const struct probe *const probes[] = {
	&probe_btf, &probe_classic, &probe_tracefs, &probe_perf, &probe_statistics, NULL,
};

void
probe_skip(struct probe_session *session, const char *what, const char *why)
{
	struct probe_skip *skip;

	if (session->n_skips == PROBE_SKIPS_MAX)
		return;
	skip = &session->skips[session->n_skips++];
	snprintf(skip->what, sizeof(skip->what), "%s", what);
	snprintf(skip->why, sizeof(skip->why), "%s", why);
}

/* What a probe that failed had skipped does not matter; that it was passed over does. */
static int
try_probe(struct probe_session *session, const struct probe *probe,
	  const struct probe_session *before)
{
	char why[sizeof(session->skips[0].why)] = "";
	int error = -ENOTSUP;

	*session = *before;
	session->probe = probe;
	if (session->filter.area_fd && !probe->takes_area)
		snprintf(why, sizeof(why), "cannot tell whose exits to count by their area");
	else
		error = probe->open(session, why, sizeof(why));
	if (!error)
		return 0;
	*session = *before;
	probe_skip(session, probe->name, why[0] ? why : strerror(-error));
	return error;
}

/* What a killed process of ours had the tracer record costs every exit, whoever traces now, and how. */
static void
clean_up_after_the_killed(void)
{
	int tracefs = tracefs_open();

	if (tracefs < 0)
		return;
	tracefs_instances_clean(tracefs);
	close(tracefs);
}

int
probe_session_open(struct probe_session *session, const char *name,
		   const struct probe_filter *filter)
{
	struct probe_session before = {.filter = *filter};
	int error = -ENOENT;

	clean_up_after_the_killed();
	for (size_t i = 0; probes[i]; i++) {
		if (name && strcmp(probes[i]->name, name))
			continue;
		error = try_probe(session, probes[i], &before);
		if (!error)
			return 0;
		before = *session;
	}
	*session = before;
	return error;
}

int
probe_session_read(struct probe_session *session, struct exit_table *table)
{
	return session->probe->read(session, table);
}

double
probe_session_cost_ns(const struct probe_session *session)
{
	double ns_per_event;

	if (!session->probe->cost || session->probe->cost(&ns_per_event))
		return NAN;
	return ns_per_event;
}

void
probe_session_close(struct probe_session *session)
{
	if (session->probe)
		session->probe->close(session);
	session->probe = NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "paths.h"

#include <glob.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "datapath/host/traffic.h"
#include "datapath/kernel/netns.h"
#include "datapath/kernel/tap.h"
#include "datapath/lane.h"
#include "harness.h"

static void
keep_quiet(enum log_level level, const char *text, void *arg)
{
	(void)level;
	snprintf(arg, 256, "%s", text);
}

bool
paths_allowed(void)
{
	char why[256] = "";
	int netns, outside, tap;

	log_set_sink(keep_quiet, why);
	netns = netns_open("network namespaces");
	outside = netns < 0 ? -1 : netns_enter(netns);
	tap = outside < 0 ? -1 : tap_open("TAPs", "test");
	if (outside >= 0)
		netns_leave(outside);
	log_set_sink(NULL, NULL);
	if (tap < 0)
		printf("SKIP: %s\n", why);
	if (tap >= 0)
		close(tap);
	if (netns >= 0)
		close(netns);
	return tap >= 0;
}

unsigned int
paths_links(void)
{
	struct if_nameindex *links = if_nameindex();
	unsigned int n = 0;

	while (links[n].if_index)
		n++;
	if_freenameindex(links);
	return n;
}

unsigned int
paths_foreign_namespaces(pid_t pid)
{
	char pattern[64], own[64] = "", other[64];
	unsigned int n = 0;
	glob_t found;

	if (readlink("/proc/self/ns/net", own, sizeof(own) - 1) < 0)
		return 0;
	if (pid)
		snprintf(pattern, sizeof(pattern), "/proc/%d/task/*/ns/net", (int)pid);
	else
		snprintf(pattern, sizeof(pattern), "/proc/[0-9]*/task/*/ns/net");
	if (glob(pattern, GLOB_NOSORT, NULL, &found))
		return 0;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		ssize_t bytes = readlink(found.gl_pathv[i], other, sizeof(other) - 1);

		n += bytes > 0 && (strlen(own) != (size_t)bytes || memcmp(own, other, strlen(own)));
	}
	globfree(&found);
	return n;
}

void
paths_close_used(struct lockstep *bench, struct lane *lane)
{
	struct traffic traffic;
	char why[256];

	assert_int_equal(traffic_open("64", 1, &traffic, why, sizeof(why)), 0);
	assert_int_equal(lockstep_set_traffic(bench, &traffic), 0);
	lane->host = &lane_host_straight;
	harness_slice(lane, 1000000);
	lockstep_close(bench);
	traffic_close(&traffic);
}

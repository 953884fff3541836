/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/exit_area.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static struct exit_area *common_area;
static const unsigned int no_set;

const unsigned int *exit_area_set = &no_set;

void
exit_area_init(struct exit_area *area)
{
	area->head.bytes = sizeof(*area);
	area->head.tsc_hz = clock_tsc_hz();
	__atomic_store_n(&area->head.magic, EXIT_AREA_MAGIC, __ATOMIC_RELEASE);
}

void
exit_area_use(struct exit_area *area)
{
	common_area = area;
	exit_area_set = area ? &area->head.set : &no_set;
}

struct exit_area *
exit_area_used(void)
{
	return common_area;
}

static void
set_set(struct exit_area *area, unsigned int set)
{
	__atomic_store_n(&area->head.set, set, __ATOMIC_RELEASE);
}

void
exit_area_begin_metered(void)
{
	if (common_area)
		set_set(common_area, common_area->head.metered_set);
}

void
exit_area_end_metered(void)
{
	if (common_area)
		set_set(common_area, 0);
}

void
exit_area_forget(struct exit_area *area)
{
	set_set(area, 0);
	area->head.metered_set = 0;
	memset(area->head.pids, 0, sizeof(area->head.pids));
	for (int i = 0; i < EXIT_AREA_LANES; i++)
		area->lanes[i].pid = 0;
}

/* A process more than there is room for is not seen by BPF programs; its lanes are. */
static void
register_process(struct exit_area *area, uint32_t pid)
{
	for (int i = 0; i < EXIT_AREA_PROCESSES; i++) {
		uint32_t found = 0;

		if (__atomic_compare_exchange_n(&area->head.pids[i], &found, pid, false,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) ||
		    found == pid)
			return;
	}
}

/* Everyone who counts in the area gives the same names. */
static void
write_names(struct exit_area *area, const char *const *names, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		strncpy(area->names[i], names[i], EXIT_AREA_NAME_BYTES - 1);
	__atomic_store_n(&area->reasons, n, __ATOMIC_RELEASE);
}

struct exit_lane *
exit_lane_take(const char *const *names, unsigned int n)
{
	struct exit_area *area = common_area;
	struct exit_lane *lane;

	assert(n <= EXIT_AREA_REASONS);
	for (int i = 0; area && i < EXIT_AREA_LANES; i++) {
		uint32_t nobody = 0, pid = (uint32_t)getpid();

		if (!__atomic_compare_exchange_n(&area->lanes[i].pid, &nobody, pid, false,
						 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		register_process(area, pid);
		write_names(area, names, n);
		return &area->lanes[i];
	}
	lane = aligned_alloc(_Alignof(struct exit_lane), sizeof(*lane));
	if (lane)
		memset(lane, 0, sizeof(*lane));
	return lane;
}

static bool
is_common(const struct exit_lane *lane)
{
	const struct exit_area *area = common_area;

	return area && lane >= area->lanes && lane < area->lanes + EXIT_AREA_LANES;
}

void
exit_lane_give_back(struct exit_lane *lane)
{
	if (lane && is_common(lane))
		__atomic_store_n(&lane->pid, 0, __ATOMIC_RELEASE);
	else
		free(lane);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/exit_area.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static struct exit_area *common_area;

void
exit_area_init(struct exit_area *area)
{
	area->bytes = sizeof(*area);
	area->tsc_hz = clock_tsc_hz();
	__atomic_store_n(&area->magic, EXIT_AREA_MAGIC, __ATOMIC_RELEASE);
}

void
exit_area_use(struct exit_area *area)
{
	common_area = area;
}

struct exit_area *
exit_area_used(void)
{
	return common_area;
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

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CPU's counters. Machines without any have the kernel's software events, which the same calls
 * count: here they are counted and tallied as the CPU's are.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "datapath/tally.h"
#include "probes/pmu.h"

#define PAGES 1000
#define PAGE_BYTES 4096
#define SPIN_NS 20000000

#define SOFTWARE(name, unit, event)                                                                \
	{                                                                                          \
		{name, 0, unit, ""}, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_##event                     \
	}

static const struct pmu_event software_events[] = {
	/* No kernel has it: it is left out. */
	{{"nothing", 0, "events", ""}, PERF_TYPE_SOFTWARE, 0xffffff},
	SOFTWARE("task_clock", "ns", TASK_CLOCK),
	SOFTWARE("page_faults", "faults", PAGE_FAULTS),
	{{0}, 0, 0},
};

static uint64_t
cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void
touch_new_pages(void)
{
	char *at = mmap(NULL, PAGES * PAGE_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(at != MAP_FAILED);
	madvise(at, PAGES * PAGE_BYTES, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < PAGES; i++)
		((volatile char *)at)[i * PAGE_BYTES] = 1;
	munmap(at, PAGES * PAGE_BYTES);
}

static void
assert_within(uint64_t found, uint64_t low, uint64_t high)
{
	if (found < low || found > high)
		fail_msg("found %ju, expected %ju to %ju", (uintmax_t)found, (uintmax_t)low,
			 (uintmax_t)high);
}

/* Counts between two readings of a tally, as of a slice. */
static void
what_works_is_tallied(void **state)
{
	struct tally_count counts[TALLY_COUNTS_MAX];
	struct tally tally = {0};
	struct counter_source source;
	uint64_t outer_ns, inner_ns;
	struct pmu pmu;

	(void)state;
	pmu_open(&pmu, software_events);
	if (pmu.lacking == -EACCES || pmu.lacking == -EPERM) {
		print_message("SKIP: perf_event_open: %s\n", strerror(-pmu.lacking));
		skip();
	}
	assert_int_equal(pmu.n, 2);
	assert_int_not_equal(pmu.lacking, 0);
	source = pmu_counter_source(&pmu);
	tally_add_source(&tally, &source);
	touch_new_pages();
	outer_ns = cpu_ns();
	assert_int_equal(tally_begin(&tally, counts), 2);
	inner_ns = cpu_ns();
	touch_new_pages();
	while (cpu_ns() - inner_ns < SPIN_NS)
		;
	inner_ns = cpu_ns() - inner_ns;
	tally_end(&tally, counts);
	outer_ns = cpu_ns() - outer_ns;
	assert_string_equal(counts[0].name, "pmu.task_clock");
	assert_string_equal(counts[0].unit, "ns");
	/* The kernel accounts for the same time in two ways, which differ a little. */
	assert_within(counts[0].count, inner_ns - inner_ns / 50, outer_ns + outer_ns / 50);
	assert_string_equal(counts[1].name, "pmu.page_faults");
	assert_within(counts[1].count, PAGES, PAGES + 64);
	assert_int_equal(pmu_check(&pmu), 0);
	pmu_close(&pmu);
}

/* On this machine, whatever it has. */
static void
hardware_counts_or_is_not_there(void **state)
{
	char text[160];
	struct pmu pmu;

	(void)state;
	pmu_open(&pmu, pmu_hardware_events);
	pmu_format(&pmu, text, sizeof(text));
	print_message("PMU: %s%s%s\n", text, pmu.lacking ? "; others: " : "",
		      pmu.lacking ? strerror(-pmu.lacking) : "");
	assert_true(pmu.n || !strcmp(text, "none"));
	assert_null(pmu.table[pmu.n].name);
	pmu_update(&pmu);
	assert_int_equal(pmu_check(&pmu), 0);
	for (size_t i = 0; i < pmu.n; i++)
		if (!strcmp(pmu.table[i].name, "instructions"))
			assert_true(pmu.counts[i] > 0);
	pmu_close(&pmu);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_works_is_tallied),
		cmocka_unit_test(hardware_counts_or_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

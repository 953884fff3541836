/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/calibrate/calibrate.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/log.h"
#include "runner/measure/placement.h"

/* The clock goes first: what it costs is taken off the others. */
const struct calibration_group calibration_groups[] = {
	{"clock",
	 "clock: two readings with nothing in between, which are taken off all others. spin_N: an "
	 "exit that is spun out, asked for N cycles.",
	 measure_clock},
	{"exits",
	 "exit_BACKEND: an exit without a budget, by backend (folio list exits), and where that "
	 "has "
	 "several, by what leaves its guest.",
	 measure_exits},
	{"CPUID",
	 "plain_exit_cpuid: this machine is a guest, and CPUID an exit to its hypervisor and back. "
	 "snp_vc_cpuid: it is an SNP guest, whose #VC handler answers.",
	 measure_cpuid},
	{"page tables",
	 "mprotect: to none and back, and a touch. refault: madvise DONTNEED and a fault. punch: a "
	 "hole in a memfd and a fault. split: 4 KiB out of a huge page, as PSMASH does. 2m: 512 "
	 "pages, or one transparent (thp) or reserved (hugetlb) huge page. shootdown: with a "
	 "thread of this process on another core.",
	 measure_page_tables},
	{"copies",
	 "copy_BYTES_SET: source and destination fill half of that cache (of the third level 8 MiB "
	 "at most), or lie in memory.",
	 measure_copies},
	{"wake-ups",
	 "eventfd_write: nobody sleeps on it. wake: from the write until epoll_wait() has returned "
	 "to the sleeper.",
	 measure_wakeups},
	{"cores",
	 "core, sibling: a cache line to another core, or to this one's sibling, and back.",
	 measure_cores},
	{0},
};

#define N_GROUPS (sizeof(calibration_groups) / sizeof(calibration_groups[0]) - 1)

struct work {
	struct calibration *calibration;
	void (*tell)(const char *group, double share, void *arg);
	void *arg;
	int error;
};

static void *
measure_groups(void *arg)
{
	struct work *work = arg;

	work->error = cpu_pin(work->calibration->cpu);
	for (uint32_t i = 0; !work->error && i < N_GROUPS; i++) {
		const struct calibration_group *group = &calibration_groups[i];

		if (work->tell)
			work->tell(group->name, (double)i / N_GROUPS, work->arg);
		work->calibration->group = i;
		group->measure(work->calibration);
	}
	return NULL;
}

/* Another core than this one's sibling, if there is one; and the sibling. */
static void
find_cores(struct calibration *c)
{
	struct placement placement = {.guest_cpu = c->cpu};
	struct sibling sibling = {.cpu = -1};

	c->other_cpu = c->sibling_cpu = -1;
	if (cpus_allowed(NULL) < 2)
		return;
	if (!placement_find(&placement, false))
		c->other_cpu = placement.host_cpu;
	if (!placement_sibling(c->cpu, &sibling))
		c->sibling_cpu = sibling.cpu;
}

int
calibrate(struct calibration *c, int cpu, uint64_t row_ns, uint64_t total_ns,
	  void (*tell)(const char *group, double share, void *arg), void *arg)
{
	struct work work = {.calibration = c, .tell = tell, .arg = arg};
	pthread_t thread;
	int error;

	*c = (struct calibration){
		.cpu = cpu, .row_ns = row_ns, .deadline_ns = clock_monotonic_ns() + total_ns};
	c->samples_cycles = malloc(SAMPLES_MAX * sizeof(*c->samples_cycles));
	if (!c->samples_cycles) {
		log_error("calibrate: out of memory");
		return -ENOMEM;
	}
	find_cores(c);
	error = -pthread_create(&thread, NULL, measure_groups, &work);
	if (!error) {
		pthread_join(thread, NULL);
		error = work.error;
	}
	if (!error && c->out_of_memory)
		error = -ENOMEM;
	if (error)
		log_error("calibrate: core %d: %s", cpu, strerror(-error));
	return error;
}

void
calibration_close(struct calibration *c)
{
	free(c->primitives);
	free(c->samples_cycles);
	*c = (struct calibration){0};
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the host writes changes between check and use: a thread of its own works
 * and attacks on the rings all the time, flips entries that the guest is about to
 * read between right and wrong, and takes pages of the region away through its
 * descriptor, while the guest receives and sends. What must hold is said in
 * attack/target.h; what lies in the region proves nothing here.
 */
#include "harness.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>

#include <rte_lcore.h>

#include "attack/attacks.h"
#include "attack/target.h"
#include "base/clock.h"
#include "datapath/huge_pages.h"

#define VARIANT_NS 250000000u
#define VARIANTS_MAX 64u
/* Longest life. */
#define TURNS 400u
#define FLIPS 16u
/* For the region of memory_taken(), and one to take. */
#define HUGE_PAGES_NEEDED 8u

static struct target target;
static unsigned int variant_now;
static uint64_t seed;

static void
say_where(void)
{
	fprintf(stderr, "seed %lu, %s\n", seed, variant_name(&variants[variant_now]));
}

/* What the host thread shall do, and what it does. */
enum phase { PHASE_PAUSE, PHASE_ATTACK, PHASE_STOP };

static enum phase wanted_phase, phase;

static void
host_turn(struct choices *choices)
{
	unsigned int q = (unsigned int)choose(choices, target.config.queues);

	target_host(&target, q, choices);
	if (one_in(choices, 2))
		device_flip(&target.device.rings[2 * q + choose(choices, 2)], choices, FLIPS);
	if (one_in(choices, 64))
		device_take_memory(&target.device, choices);
}

static void *
host_main(void *arg)
{
	struct choices choices = choices_of_seed(~seed);
	enum phase wanted;

	(void)arg;
	while ((wanted = __atomic_load_n(&wanted_phase, __ATOMIC_ACQUIRE)) != PHASE_STOP) {
		__atomic_store_n(&phase, wanted, __ATOMIC_RELEASE);
		if (wanted == PHASE_ATTACK)
			host_turn(&choices);
		else
			sched_yield();
	}
	return NULL;
}

/* Returns when the host thread has heard. */
static void
set_phase(enum phase wanted)
{
	__atomic_store_n(&wanted_phase, wanted, __ATOMIC_RELEASE);
	while (__atomic_load_n(&phase, __ATOMIC_ACQUIRE) != wanted)
		sched_yield();
}

static void
life(struct choices *choices)
{
	unsigned int turns = 0;

	target_begin(&target, choices);
	/* The rings are filled before the race. */
	for (unsigned int q = 0; q < target.config.queues; q++)
		target_guest(&target, q, choices);
	set_phase(PHASE_ATTACK);
	while (turns++ < TURNS && !target_out(&target))
		target_guest(&target, (unsigned int)choose(choices, target.config.queues), choices);
	set_phase(PHASE_PAUSE);
	target_end(&target);
}

static void
race(void **state)
{
	uint64_t deadline_ns = clock_monotonic_ns() + VARIANT_NS;
	pthread_t host;

	variant_now = (unsigned int)((struct variant *)*state - variants);
	struct choices choices = choices_of_seed(seed);

	target_open(&target, &variants[variant_now]);
	target.racing = true;
	wanted_phase = phase = PHASE_PAUSE;
	/* A plain thread would inherit the guest's core, and never run beside it. */
	assert_int_equal(rte_ctrl_thread_create(&host, "hostile", NULL, host_main, NULL), 0);
	while (clock_monotonic_ns() < deadline_ns)
		life(&choices);
	__atomic_store_n(&wanted_phase, PHASE_STOP, __ATOMIC_RELEASE);
	pthread_join(host, NULL);
	printf("%lu lives, %lu looks at rings under attack, %lu frames received, %lu rings put out "
	       "of service\n",
	       target.lives, target.states, target.frames, target.faults);
	assert_true(target.frames > 0 && target.faults > 0);
	target_close(&target);
}

/* A host that punches a hole into huge pages, takes what becomes free, and leaves the guest at work. */
static void
memory_taken(void **state)
{
	static const struct variant huge = {"memory=huge", "bounce_copy", 1};
	struct choices choices = choices_of_seed(seed);

	(void)state;
	if (datapath_free_huge_pages() < HUGE_PAGES_NEEDED) {
		puts("SKIP: no free huge pages of 2 MiB");
		skip();
	}
	target_open(&target, &huge);
	target.racing = true;
	target_begin(&target, &choices);
	target_guest(&target, 0, &choices);
	target_host(&target, 0, &choices);
	assert_int_equal(fallocate(target.device.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				   (off_t)target.device.bytes),
			 0);
	size_t hog_bytes = datapath_free_huge_pages() * REGION_ALIGN_BYTES;
	void *hog = mmap(NULL, hog_bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	if (hog == MAP_FAILED || madvise(hog, hog_bytes, MADV_POPULATE_WRITE)) {
		puts("SKIP: another process takes huge pages at the same time");
		skip();
	}
	for (unsigned int i = 0; i < TURNS; i++)
		target_guest(&target, 0, &choices);
	assert_true(region_lost(&target.guest.region));
	munmap(hog, hog_bytes);
	target_end(&target);
	target_close(&target);
}

int
main(void)
{
	struct CMUnitTest tests[VARIANTS_MAX + 1];
	unsigned int n = 0;

	seed = clock_monotonic_ns();
	attack_where = say_where;
	for (; variants[n].options; n++)
		tests[n] = (struct CMUnitTest){
			.name = variant_name(&variants[n]),
			.test_func = race,
			.initial_state = (void *)(uintptr_t)&variants[n],
		};
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(memory_taken);
	return _cmocka_run_group_tests("hostile_race", tests, n, harness_start, harness_stop);
}

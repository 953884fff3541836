/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Claims on huge pages: what is chosen when other programs hold them, how long they are
 * waited for, and that two processes do not both count the same ones. The other program
 * is a child of the test, which only reserves pages: they still count as free then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* CMocka wants the four above. */
#include <cmocka.h>

#include <errno.h>
#include <linux/memfd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "datapath/huge_pages.h"

#define HUGE_PAGE_BYTES ((size_t)2 << 20)
/* Below it, what others take and give back meanwhile would decide. */
#define PAGES_NEEDED 16u
#define SHORT_MS 300
#define LONG_MS 30000
/* Less than a claim waits for another one. */
#define PROMPT_MS 5000

static char said[2048];

static void
keep_text(enum log_level level, const char *text, void *arg)
{
	(void)level, (void)arg;
	strncat(said, text, sizeof(said) - strlen(said) - 1);
}

/* A child that does this and then waits to be ended; it is ready when this returns. */
static pid_t
start_other(void (*act)(void), unsigned int then_ms)
{
	int ends[2];
	char byte;

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		act();
		if (write(ends[1], "", 1) != 1)
			_exit(1);
		if (!then_ms)
			pause();
		usleep(then_ms * 1000);
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return pid;
}

static void
end_other(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
reserve_all(void)
{
	while (mmap(NULL, HUGE_PAGE_BYTES, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | (int)MFD_HUGE_2MB, -1,
		    0) != MAP_FAILED)
		;
}

static struct memory_need
half_of_the_pool(void)
{
	return (struct memory_need){.heap_huge_bytes =
					    datapath_free_huge_pages() / 2 * HUGE_PAGE_BYTES};
}

static int
claim(const struct memory_need *need, enum page_choice choice, int patience_ms, bool *huge)
{
	const struct page_wish wish = {choice, patience_ms};

	return datapath_claim_memory(need, &wish, huge);
}

static void
claim_half(void)
{
	const struct memory_need need = half_of_the_pool();
	bool huge;

	if (claim(&need, PAGES_ANY, 0, &huge) || !huge)
		_exit(1);
}

static double
ms_since(uint64_t start_ns)
{
	return (double)(clock_monotonic_ns() - start_ns) / 1e6;
}

static int
set_up(void **state)
{
	(void)state;
	unsetenv("FOLIO_NO_HUGE");
	said[0] = '\0';
	log_set_sink(keep_text, NULL);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	log_set_sink(NULL, NULL);
	datapath_claim_used();
	return 0;
}

static void
free_pages_are_taken_if_wished(void **state)
{
	struct memory_need need = half_of_the_pool();
	uint64_t start_ns = clock_monotonic_ns();
	bool huge;

	(void)state;
	assert_int_equal(claim(&need, PAGES_ANY, 0, &huge), 0);
	assert_true(huge);
	assert_true(datapath_claim_used());
	assert_int_equal(claim(&need, PAGES_HUGE, 0, &huge), 0);
	assert_true(huge);
	assert_true(datapath_claim_used());
	assert_int_equal(claim(&need, PAGES_PLAIN, 0, &huge), 0);
	assert_false(huge);
	assert_false(datapath_claim_used());
	assert_true(ms_since(start_ns) < PROMPT_MS);
	setenv("FOLIO_NO_HUGE", "1", 1);
	assert_int_equal(claim(&need, PAGES_ANY, 0, &huge), 0);
	assert_false(huge);
}

/* Reserved pages are others' already. */
static void
taken_pages_leave_small_ones(void **state)
{
	struct memory_need need = half_of_the_pool();
	pid_t other = start_other(reserve_all, 0);
	bool huge;
	int error = claim(&need, PAGES_ANY, LONG_MS, &huge);

	(void)state;
	end_other(other);
	assert_int_equal(error, 0);
	assert_false(huge);
}

static void
pages_come_back(void **state)
{
	struct memory_need need = half_of_the_pool();
	pid_t other = start_other(reserve_all, SHORT_MS);
	bool huge;
	int error = claim(&need, PAGES_HUGE, LONG_MS, &huge);

	(void)state;
	end_other(other);
	assert_int_equal(error, 0);
	assert_true(huge);
	assert_non_null(strstr(said, "waiting until other programs give some back, for 30 s"));
}

static void
patience_ends(void **state)
{
	struct memory_need need = half_of_the_pool();
	pid_t other = start_other(reserve_all, 0);
	uint64_t start_ns = clock_monotonic_ns();
	bool huge;
	int error = claim(&need, PAGES_HUGE, SHORT_MS, &huge);

	(void)state;
	end_other(other);
	assert_int_equal(error, -ENOMEM);
	assert_true(ms_since(start_ns) >= SHORT_MS);
	assert_non_null(strstr(said, "run again while nothing else takes huge pages"));
}

/* What another process has claimed and not yet taken is still free, but not to be counted. */
static void
claims_queue(void **state)
{
	struct memory_need need = half_of_the_pool();
	uint64_t start_ns = clock_monotonic_ns();
	pid_t other = start_other(claim_half, SHORT_MS);
	bool huge;

	(void)state;
	assert_int_equal(claim(&need, PAGES_ANY, 0, &huge), 0);
	assert_true(huge);
	assert_true(ms_since(start_ns) >= SHORT_MS);
	datapath_claim_used();
	end_other(other);
	/* One that is used, or whose process has died, holds nobody up. */
	start_ns = clock_monotonic_ns();
	other = start_other(claim_half, 0);
	end_other(other);
	assert_int_equal(claim(&need, PAGES_ANY, 0, &huge), 0);
	assert_true(huge);
	assert_true(ms_since(start_ns) < PROMPT_MS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(free_pages_are_taken_if_wished, set_up, tear_down),
		cmocka_unit_test_setup_teardown(taken_pages_leave_small_ones, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pages_come_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(patience_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(claims_queue, set_up, tear_down),
	};

	if (datapath_free_huge_pages() < PAGES_NEEDED) {
		printf("SKIP: %u free huge pages of 2 MiB are wanted, here are %lu\n", PAGES_NEEDED,
		       datapath_free_huge_pages());
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stands in for a page state change really takes a page away and gives it
 * back; what this machine lacks for one is named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* CMocka wants the four above. */
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "datapath/sources/psc_guest_memfd.h"
#include "datapath/sources/psc_stand_in.h"

#define SMALL PSC_SMALL_PAGE_BYTES
#define LARGE PSC_LARGE_PAGE_BYTES

static char message[512]; /* the last one */

static void
keep_message(enum log_level level, const char *text, void *arg)
{
	(void)level;
	(void)arg;
	snprintf(message, sizeof(message), "%s", text);
}

static const struct psc_stand_in *
stand_in_of(const char *name)
{
	for (unsigned int i = 0; psc_stand_ins[i]; i++) {
		assert_string_equal(psc_stand_ins[i]->name, psc_stand_in_names[i]);
		if (!strcmp(psc_stand_ins[i]->name, name))
			return psc_stand_ins[i];
	}
	fail_msg("no stand-in %s", name);
	return NULL;
}

/* The signal that a process dies of which writes there; 0: none. */
static int
signal_of_touching(uint8_t *at)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		*(volatile uint8_t *)at = 1;
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* A page that is shared faults, to its last byte, its neighbours do not, and its content is kept. */
static void
check_mprotect(size_t page_bytes)
{
	const struct psc_stand_in *stand_in = stand_in_of("mprotect");
	struct psc_memory memory;
	int error = psc_memory_open(&memory, stand_in, 4 * page_bytes, page_bytes);

	if (error == -ENOTSUP && page_bytes == LARGE) {
		puts("SKIP: no transparent huge pages here");
		skip();
	}
	assert_int_equal(error, 0);
	uint8_t *page = memory.address + 2 * page_bytes;

	memset(memory.address, 0xa5, memory.bytes);
	assert_int_equal(stand_in->share(&memory, 2), 0);
	assert_int_equal(signal_of_touching(page), SIGSEGV);
	assert_int_equal(signal_of_touching(page + page_bytes - 1), SIGSEGV);
	assert_int_equal(signal_of_touching(page - 1), 0);
	assert_int_equal(signal_of_touching(page + page_bytes), 0);
	assert_int_equal(stand_in->take_back(&memory, 2), 0);
	assert_int_equal(signal_of_touching(page), 0);
	assert_int_equal(page[0], 0); /* touched */
	assert_int_equal(page[page_bytes - 1], 0xa5);
	psc_memory_close(&memory);
}

static void
mprotect_takes_small_pages(void **state)
{
	(void)state;
	check_mprotect(SMALL);
}

static void
mprotect_takes_large_pages(void **state)
{
	(void)state;
	check_mprotect(LARGE);
}

static uint64_t
blocks_of(const struct psc_memory *memory)
{
	struct stat stat;

	assert_int_equal(fstat(memory->fd, &stat), 0);
	return (uint64_t)stat.st_blocks * 512;
}

/* The page's memory is gone, and with it its content; what is had again is zeroed. */
static void
check_punch(size_t page_bytes)
{
	const struct psc_stand_in *stand_in = stand_in_of("punch");
	struct psc_memory memory;
	int error = psc_memory_open(&memory, stand_in, 4 * page_bytes, page_bytes);

	if (error && page_bytes == LARGE) {
		assert_int_equal(error, -ENOTSUP);
		puts("SKIP: no huge pages here");
		skip();
	}
	assert_int_equal(error, 0);
	uint8_t *page = memory.address + page_bytes;

	memset(memory.address, 0xa5, memory.bytes);
	assert_int_equal(blocks_of(&memory), memory.bytes);
	assert_int_equal(stand_in->share(&memory, 1), 0);
	assert_int_equal(blocks_of(&memory), memory.bytes - page_bytes);
	assert_int_equal(stand_in->take_back(&memory, 1), 0);
	assert_int_equal(blocks_of(&memory), memory.bytes);
	assert_int_equal(page[-1], 0xa5);
	assert_int_equal(page[0], 0);
	assert_int_equal(page[page_bytes - 1], 0);
	assert_int_equal(page[page_bytes], 0xa5);
	psc_memory_close(&memory);
}

static void
punch_takes_small_pages(void **state)
{
	(void)state;
	check_punch(SMALL);
}

static void
punch_takes_large_pages(void **state)
{
	(void)state;
	check_punch(LARGE);
}

/* A machine that offers it takes pages so; one that does not is told what is missing. */
static void
check_host_memory(const char *name, bool offered)
{
	const struct psc_stand_in *stand_in = stand_in_of(name);
	struct psc_memory memory;
	int error;

	message[0] = '\0';
	error = psc_memory_open(&memory, stand_in, 4 * SMALL, SMALL);
	if (!offered) {
		assert_int_equal(error, -ENOTSUP);
		assert_non_null(strstr(message, name));
		assert_non_null(strstr(message, "allowed: "));
		printf("not here: %s\n", message);
		return;
	}
	assert_int_equal(error, 0);
	assert_null(memory.address);
	for (int round = 0; round < 3; round++) {
		assert_int_equal(stand_in->share(&memory, 3), 0);
		assert_int_equal(stand_in->take_back(&memory, 3), 0);
	}
	assert_int_not_equal(stand_in->take_back(&memory, 4), 0);
	psc_memory_close(&memory);
	assert_int_equal(psc_memory_open(&memory, stand_in, LARGE, LARGE), -ENOTSUP);
}

static void
host_memory_is_taken_or_refused(void **state)
{
	struct guest_memfd_support support;

	(void)state;
	guest_memfd_probe(&support);
	check_host_memory("guest_memfd", support.guest_memfd);
	check_host_memory("attributes", support.attributes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mprotect_takes_small_pages),
		cmocka_unit_test(mprotect_takes_large_pages),
		cmocka_unit_test(punch_takes_small_pages),
		cmocka_unit_test(punch_takes_large_pages),
		cmocka_unit_test(host_memory_is_taken_or_refused),
	};

	log_set_sink(keep_message, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

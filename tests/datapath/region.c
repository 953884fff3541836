/* SPDX-License-Identifier: BSD-3-Clause */
/* The shared region: carving, limits, seals, and zeroes at the end. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "datapath/eal.h"
#include "datapath/guest/region.h"

static void
keep_text(enum log_level level, const char *text, void *arg)
{
	(void)level;
	snprintf(arg, 256, "%s", text);
}

static void
carves_within_bounds(void **state)
{
	struct region region;

	(void)state;
	assert_int_equal(region_open(&region, 1, false), 0);
	assert_int_equal(region.size_bytes, REGION_ALIGN_BYTES);
	uint8_t *first = region_carve(&region, 3, 1), *second = region_carve(&region, 64, 64);

	assert_ptr_equal(first, region.base);
	assert_ptr_equal(second, region.base + 64);
	assert_null(region_carve(&region, REGION_ALIGN_BYTES, 1));
	assert_non_null(region_carve(&region, REGION_ALIGN_BYTES - 128, 1));
	assert_null(region_carve(&region, 1, 1));
	region_close(&region);
}

static void
knows_what_it_contains(void **state)
{
	struct region region;

	(void)state;
	assert_int_equal(region_open(&region, 1, false), 0);
	assert_true(region_contains(&region, region.base, region.size_bytes));
	assert_true(region_contains(&region, region.base + region.size_bytes, 0));
	assert_false(region_contains(&region, region.base, region.size_bytes + 1));
	assert_false(region_contains(&region, region.base - 1, 1));
	assert_false(region_contains(&region, region.base + 1, SIZE_MAX));
	region_close(&region);
}

static void
host_cannot_shrink_it(void **state)
{
	struct region region;

	(void)state;
	assert_int_equal(region_open(&region, 1, false), 0);
	assert_int_equal(ftruncate(region.fd, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(region.fd, 64 << 20), -1);
	region_close(&region);
}

/* A host that punches a hole into huge pages and takes what becomes free. */
static void
host_takes_pages_away(void **state)
{
	struct region region;
	char said[256] = "";

	(void)state;
	if (!datapath_free_huge_pages() || region_open(&region, 1, true)) {
		puts("SKIP: no free huge page of 2 MiB");
		skip();
	}
	assert_int_equal(fallocate(region.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				   REGION_ALIGN_BYTES),
			 0);
	size_t hog_bytes = datapath_free_huge_pages() * REGION_ALIGN_BYTES;
	void *hog = mmap(NULL, hog_bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	if (hog == MAP_FAILED || madvise(hog, hog_bytes, MADV_POPULATE_WRITE)) {
		puts("SKIP: another process takes huge pages at the same time");
		skip();
	}
	assert_false(region_lost(&region));
	region.base[5000] = 1;
	assert_int_equal(region.base[5000], 1);
	assert_true(region_lost(&region));
	log_set_sink(keep_text, said);
	region_close(&region);
	log_set_sink(NULL, NULL);
	assert_non_null(strstr(said, "took 1 of its pages away"));
	munmap(hog, hog_bytes);
}

static void
zeroed_when_given_up(void **state)
{
	struct region region;

	(void)state;
	assert_int_equal(region_open(&region, 1, false), 0);
	memset(region.base, 0x5a, region.size_bytes);
	int fd = dup(region.fd);

	region_close(&region);
	uint8_t *seen = mmap(NULL, REGION_ALIGN_BYTES, PROT_READ, MAP_SHARED, fd, 0);

	assert_ptr_not_equal(seen, MAP_FAILED);
	for (size_t i = 0; i < REGION_ALIGN_BYTES; i++)
		assert_int_equal(seen[i], 0);
	munmap(seen, REGION_ALIGN_BYTES);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carves_within_bounds),  cmocka_unit_test(knows_what_it_contains),
		cmocka_unit_test(host_cannot_shrink_it), cmocka_unit_test(host_takes_pages_away),
		cmocka_unit_test(zeroed_when_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

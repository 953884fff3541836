/* SPDX-License-Identifier: BSD-3-Clause */
/* The shared region: carving, limits, seals, and zeroes at the end. */
#include "harness.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "datapath/guest/region.h"

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
		cmocka_unit_test(carves_within_bounds),
		cmocka_unit_test(knows_what_it_contains),
		cmocka_unit_test(host_cannot_shrink_it),
		cmocka_unit_test(zeroed_when_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

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
#include "datapath/guest/memory.h"
#include "datapath/guest/region.h"
#include "datapath/huge_pages.h"

static void
keep_text(enum log_level level, const char *text, void *arg)
{
	(void)level;
	snprintf(arg, 256, "%s", text);
}

static const struct memory_provider *
provider(const char *name)
{
	for (size_t i = 0; memory_providers[i]; i++)
		if (!strcmp(memory_providers[i]->name, name))
			return memory_providers[i];
	fail_msg("no provider %s", name);
	return NULL;
}

static const struct memory_provider *
plain(void)
{
	return provider("plain");
}

static void
carves_within_bounds(void **state)
{
	struct region region;

	(void)state;
	assert_int_equal(region_open(&region, 1, plain()), 0);
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
	assert_int_equal(region_open(&region, 1, plain()), 0);
	assert_true(region_contains(&region, region.base, region.size_bytes));
	assert_true(region_contains(&region, region.base + region.size_bytes, 0));
	assert_false(region_contains(&region, region.base, region.size_bytes + 1));
	assert_false(region_contains(&region, region.base - 1, 1));
	assert_false(region_contains(&region, region.base + 1, SIZE_MAX));
	region_close(&region);
}

/* More than one block of the signal handler's list; a lost page of the last is replaced too. */
static void
any_number(void **state)
{
	static struct region regions[130];
	size_t n = sizeof(regions) / sizeof(regions[0]);
	struct region *last = &regions[n - 1];

	(void)state;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(region_open(&regions[i], 1, plain()), 0);
	/* An object that is shorter than its mapping faults as one with a hole does. */
	int fd = memfd_create("short", MFD_CLOEXEC);

	assert_ptr_not_equal(mmap(last->base, last->size_bytes, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_FIXED, fd, 0),
			     MAP_FAILED);
	close(fd);
	last->base[0] = 1;
	assert_true(region_lost(last));
	for (size_t i = 0; i < n; i++)
		region_close(&regions[i]);
}

static void
host_cannot_shrink_it(void **state)
{
	struct region region;

	(void)state;
	assert_int_equal(region_open(&region, 1, plain()), 0);
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
	if (!datapath_free_huge_pages() || region_open(&region, 1, provider("huge"))) {
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
	assert_int_equal(region_open(&region, 1, plain()), 0);
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

/* The host keeps its mapping of the old object: it finds zeroes there, now and ever after. */
static void
renewed_for_the_next_backend(void **state)
{
	struct region region;

	(void)state;
	assert_int_equal(region_open(&region, 1, plain()), 0);
	uint8_t *old =
		mmap(NULL, REGION_ALIGN_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, region.fd, 0);

	assert_ptr_not_equal(old, MAP_FAILED);
	uint8_t *carved = region_carve(&region, 64, 64), *base = region.base;

	memset(region.base, 0x5a, region.size_bytes);
	assert_int_equal(region_renew(&region), 0);
	assert_ptr_equal(region.base, base);
	for (size_t i = 0; i < REGION_ALIGN_BYTES; i++)
		assert_true(!old[i] && !base[i]);
	carved[0] = 1;
	old[1] = 2;
	assert_int_equal(old[0], 0);
	assert_int_equal(carved[1], 0);
	assert_ptr_equal(region_carve(&region, 64, 64), carved + 64);
	assert_int_equal(ftruncate(region.fd, 0), -1);
	region_close(&region);
	munmap(old, REGION_ALIGN_BYTES);
}

static int
no_memory(size_t size_bytes)
{
	(void)size_bytes;
	return -ENOMEM;
}

/* What was carved can still be written and read, by nobody else; a later try heals the region. */
static void
renewal_without_memory(void **state)
{
	struct memory_provider scarce = *plain();
	struct region region;
	char said[256] = "";

	(void)state;
	assert_int_equal(region_open(&region, 1, &scarce), 0);
	scarce.open = no_memory;
	log_set_sink(keep_text, said);
	assert_int_equal(region_renew(&region), -ENOMEM);
	log_set_sink(NULL, NULL);
	assert_non_null(strstr(said, "'plain': Cannot allocate memory"));
	assert_int_equal(region.fd, -1);
	region.base[5] = 1;
	assert_int_equal(region.base[5], 1);
	scarce.open = plain()->open;
	assert_int_equal(region_renew(&region), 0);
	assert_int_equal(region.base[5], 0);
	region_close(&region);
}

/* Memory that this machine does not have is refused by name, with what is allowed instead. */
static void
provider_that_is_absent(void **state)
{
	struct region region;
	char said[256] = "";

	(void)state;
	if (!access("/dev/dma_heap/system_cc_shared", F_OK)) {
		puts("SKIP: this machine has the heap");
		skip();
	}
	log_set_sink(keep_text, said);
	assert_int_equal(region_open(&region, 1, provider("cc_shared")), -ENOENT);
	log_set_sink(NULL, NULL);
	assert_non_null(strstr(said, "'cc_shared'"));
	assert_non_null(strstr(said, "memory: auto, huge, plain"));
	assert_null(region.base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carves_within_bounds),
		cmocka_unit_test(knows_what_it_contains),
		cmocka_unit_test(any_number),
		cmocka_unit_test(host_cannot_shrink_it),
		cmocka_unit_test(host_takes_pages_away),
		cmocka_unit_test(zeroed_when_given_up),
		cmocka_unit_test(renewed_for_the_next_backend),
		cmocka_unit_test(renewal_without_memory),
		cmocka_unit_test(provider_that_is_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

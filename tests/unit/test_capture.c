/* SPDX-License-Identifier: BSD-3-Clause */
/* Captures: their timing, long frames, and files that end too early or say nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "datapath/host/traffic.h"

#define WHY_BYTES 256

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snap_bytes, link;
};

struct record_header {
	uint32_t seconds, microseconds, stored_bytes, length_bytes;
};

static char path[] = "/tmp/folio-test-capture-XXXXXX";

static int
make_path(void **state)
{
	(void)state;
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int
remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

static FILE *
start_file(void)
{
	const struct file_header header = {0xa1b2c3d4, 2, 4, 0, 0, 65535, 1};
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(&header, sizeof(header), 1, file), 1);
	return file;
}

static void
add_record(FILE *file, uint32_t seconds, uint32_t microseconds, uint32_t length)
{
	const struct record_header record = {seconds, microseconds, length, length};

	assert_int_equal(fwrite(&record, sizeof(record), 1, file), 1);
	for (uint32_t i = 0; i < length; i++)
		fputc((int)(i & 0xff), file);
}

static void
test_times(void **state)
{
	static const uint64_t times_ns[] = {0, 500000000, 500000000, 500001000, 3600500001000};
	struct traffic traffic;
	char why[WHY_BYTES];
	FILE *file = start_file();

	(void)state;
	add_record(file, 1000, 700000, 60);
	add_record(file, 1001, 200000, 1514);
	add_record(file, 999, 0, 14);        /* a step back counts as none */
	add_record(file, 999, 1, 60);        /* and is where time goes on */
	add_record(file, 2000000000, 0, 60); /* half a century counts as an hour */
	fclose(file);
	assert_int_equal(traffic_open_capture(path, FRAME_BYTES_MAX, &traffic, why, sizeof(why)),
			 0);
	assert_int_equal(traffic.n, 5);
	for (unsigned int i = 0; i < 5; i++)
		assert_int_equal(traffic.times_ns[i], times_ns[i]);
	assert_int_equal(traffic.frames[1].length_bytes, 1514);
	assert_int_equal(traffic.frames[1].bytes[1513], 1513 & 0xff);
	traffic_close(&traffic);
}

static void
test_long_frames(void **state)
{
	struct traffic traffic;
	char why[WHY_BYTES];
	FILE *file = start_file();

	(void)state;
	add_record(file, 1, 0, JUMBO_BYTES_MAX);
	fclose(file);
	assert_int_equal(traffic_open_capture(path, JUMBO_BYTES_MAX, &traffic, why, sizeof(why)),
			 0);
	assert_int_equal(traffic.frames[0].length_bytes, JUMBO_BYTES_MAX);
	traffic_close(&traffic);
	assert_int_not_equal(
		traffic_open_capture(path, FRAME_BYTES_MAX, &traffic, why, sizeof(why)), 0);
	assert_non_null(strstr(why, "9000"));
	assert_non_null(strstr(why, "1514"));
}

/* Cut anywhere: refused with the file's name, unless the cut is between two frames. */
static void
test_truncated(void **state)
{
	const long header = sizeof(struct file_header), record = sizeof(struct record_header) + 60;
	FILE *file = start_file();

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		add_record(file, i, 0, 60);
	fclose(file);
	for (long length = header + 3 * record; length >= 0; length--) {
		struct traffic traffic;
		char why[WHY_BYTES] = "";

		assert_int_equal(truncate(path, length), 0);
		int error = traffic_open_capture(path, JUMBO_BYTES_MAX, &traffic, why, sizeof(why));

		if (length > header && (length - header) % record == 0) {
			assert_int_equal(error, 0);
			assert_int_equal(traffic.n, (length - header) / record);
			traffic_close(&traffic);
			continue;
		}
		assert_true(error < 0);
		assert_non_null(strstr(why, path));
	}
}

static void
test_too_many(void **state)
{
	struct traffic traffic;
	char why[WHY_BYTES];
	FILE *file = start_file();

	(void)state;
	for (uint32_t i = 0; i <= TRAFFIC_FRAMES_MAX; i++)
		add_record(file, i, 0, 14);
	fclose(file);
	assert_int_not_equal(
		traffic_open_capture(path, JUMBO_BYTES_MAX, &traffic, why, sizeof(why)), 0);
	assert_non_null(strstr(why, "8192"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_long_frames),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}

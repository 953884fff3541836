/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Golden traces: each file of tests/data/exits against the table that is committed
 * beside it. FOLIO_WRITE_EXPECTED=1 writes the tables anew, to be looked at before they
 * are committed. And damaged ones: they are refused, and cannot do more than that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "probes/exit_csv.h"
#include "probes/import.h"
#include "probes/perf_data.h"

#define FOLDER TEST_SOURCE_DIR "/tests/data/exits/"
#define TEXT_BYTES 8192

static char messages[1024];

static void
keep_message(enum log_level level, const char *text, void *arg)
{
	(void)level, (void)arg;
	snprintf(messages, sizeof(messages), "%s", text);
}

/* The table and the counts beside it, as text. */
static void
describe(const struct trace_import *import, char text[TEXT_BYTES])
{
	FILE *file = fmemopen(text, TEXT_BYTES, "w");

	assert_non_null(file);
	fprintf(file, EXIT_CSV_COLUMNS "\n");
	exit_csv_write(&import->table, "", file);
	fprintf(file, "# %llu events in %llu ns, %llu lost, %llu unmatched\n",
		(unsigned long long)import->events,
		(unsigned long long)(import->last_ns - import->first_ns),
		(unsigned long long)import->lost, (unsigned long long)import->unmatched);
	fclose(file);
}

static void
read_text(const char *path, char text[TEXT_BYTES])
{
	FILE *file = fopen(path, "r");
	size_t n = file ? fread(text, 1, TEXT_BYTES - 1, file) : 0;

	text[n] = '\0';
	if (file)
		fclose(file);
}

static void
check_golden(const char *trace, const char *table)
{
	char path[256], expected_path[256], text[TEXT_BYTES] = "", expected[TEXT_BYTES];
	struct trace_import import;
	int err;

	snprintf(path, sizeof(path), FOLDER "%s", trace);
	snprintf(expected_path, sizeof(expected_path), FOLDER "%s", table);
	err = trace_import_read(path, 0, &import);
	if (err == -ENOTSUP) {
		printf("%s\n", messages);
		skip();
	}
	assert_int_equal(err, 0);
	describe(&import, text);
	exit_table_free(&import.table);
	if (getenv("FOLIO_WRITE_EXPECTED")) {
		FILE *file = fopen(expected_path, "w");

		fputs(text, file);
		fclose(file);
	}
	read_text(expected_path, expected);
	assert_string_equal(text, expected);
}

static void
test_snp(void **state)
{
	(void)state;
	check_golden("snp.dat", "snp.csv");
}

/* Version 7 differs in the file, not in what it says. */
static void
test_snp_in_version_7(void **state)
{
	(void)state;
	check_golden("snp-v7.dat", "snp.csv");
}

static void
test_vmx(void **state)
{
	(void)state;
	check_golden("vmx.dat", "vmx.csv");
}

static void
test_recorded_trace_dat(void **state)
{
	(void)state;
	check_golden("micro_vm.dat", "micro_vm.csv");
}

static void
test_recorded_perf_data(void **state)
{
	(void)state;
	check_golden("micro_vm.perf", "micro_vm_perf.csv");
}

static void
test_one_thread(void **state)
{
	struct trace_import import;
	int err = trace_import_read(FOLDER "snp.dat", 4001, &import);

	(void)state;
	if (err == -ENOTSUP)
		skip();
	assert_int_equal(err, 0);
	assert_int_equal(import.events, 14);
	exit_table_free(&import.table);
}

/* Imports size bytes, through a file that has no name; text, where wanted, gets the table. */
static int
import_bytes(const void *bytes, size_t size, char *text)
{
	int fd = memfd_create("trace", MFD_CLOEXEC), err;
	struct trace_import import;
	char path[64];

	assert_true(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	messages[0] = '\0';
	err = trace_import_read(path, 0, &import);
	close(fd);
	if (!err && text)
		describe(&import, text);
	if (!err)
		exit_table_free(&import.table);
	return err;
}

static size_t
read_file(const char *name, uint8_t **bytes)
{
	char path[256];
	FILE *file;
	long size;

	snprintf(path, sizeof(path), FOLDER "%s", name);
	file = fopen(path, "rb");
	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	*bytes = malloc((size_t)size);
	assert_int_equal(fread(*bytes, 1, (size_t)size, file), size);
	fclose(file);
	return (size_t)size;
}

/*
 * The 5th sample of micro_vm.perf becomes PERF_RECORD_LOST, 7 events: its number and its count
 * stand first, and thread, time, number and CPU of a sample last (perf_event_open(2), sample_id).
 */
static void
test_perfs_own_losses(void **state)
{
	uint8_t *bytes;
	size_t size = read_file("micro_vm.perf", &bytes);
	uint64_t at, end, lost = 7;
	char text[TEXT_BYTES] = "";
	int err, samples = 0;

	(void)state;
	memcpy(&at, bytes + 40, sizeof(at));
	memcpy(&end, bytes + 48, sizeof(end));
	for (end += at; at < end;) {
		struct perf_event_header *header = (void *)(bytes + at);

		if (header->type == PERF_RECORD_SAMPLE && ++samples == 5) {
			header->type = PERF_RECORD_LOST;
			memmove(bytes + at + header->size - 32, bytes + at + 16, 32);
			memcpy(bytes + at + 16, &lost, sizeof(lost));
		}
		at += header->size;
	}
	err = import_bytes(bytes, size, text);
	free(bytes);
	if (err == -ENOTSUP)
		skip();
	assert_int_equal(err, 0);
	assert_non_null(strstr(text, "# 259 events in "));
	assert_non_null(strstr(text, " 7 lost, "));
}

/* An event's text that says so is no loss, and an event's name neither. */
static void
test_losses_that_are_none(void **state)
{
	enum trace_isa isa = TRACE_ISA_UNKNOWN;
	struct trace_record record;

	(void)state;
	assert_true(perf_line_read("7 1.000000005: PERF_RECORD_LOST lost 3", &isa, &record));
	assert_int_equal(record.event, TRACE_RECORD_LOST);
	assert_int_equal(record.code, 3);
	assert_int_equal(record.time_ns, 1000000005);
	assert_true(perf_line_read("7 1.000000005:  kvm:kvm_pio: PERF_RECORD_LOST lost 3", &isa,
				   &record));
	assert_int_equal(record.event, TRACE_KVM_PIO);
	assert_false(perf_line_read("7 1.000000005: PERF_RECORD_LOST lost 3: x", &isa, &record));
	assert_false(perf_line_read("7 1.000000005: a:b: PERF_RECORD_LOST lost 3", &isa, &record));
	assert_false(perf_line_read("PERF_RECORD_LOST lost 3", &isa, &record));
}

static void
test_what_is_no_trace(void **state)
{
	struct trace_import import;

	(void)state;
	assert_int_equal(import_bytes("", 0, NULL), -EINVAL);
	assert_int_equal(import_bytes("frames", 6, NULL), -EINVAL);
	assert_non_null(strstr(messages, "trace.dat"));
	assert_int_equal(trace_import_read("/nonexistent", 0, &import), -ENOENT);
	assert_int_equal(trace_import_read("/tmp", 0, &import), -EINVAL);
	assert_int_equal(trace_import_read("/dev/null", 0, &import), -EINVAL);
	assert_non_null(strstr(messages, "no regular file"));
}

/*
 * Cut anywhere, a file is refused, with a message that says so; or it says all that it
 * did before: perf.data ends with a description of the machine that no event needs.
 */
static void
check_truncated(const char *name, size_t step)
{
	char whole[TEXT_BYTES] = "", text[TEXT_BYTES];
	uint8_t *bytes;
	size_t size = read_file(name, &bytes);
	int err = import_bytes(bytes, size, whole);

	for (size_t cut = 16; !err && cut < size; cut += step) {
		memset(text, 0, sizeof(text));
		err = import_bytes(bytes, cut, text);
		if (err)
			assert_non_null(strstr(messages, "damaged"));
		else
			assert_string_equal(text, whole);
		assert_true(!err || err == -EINVAL);
		err = 0;
	}
	free(bytes);
	if (err == -ENOTSUP)
		skip();
	assert_int_equal(err, 0);
}

static void
test_truncated_trace_dat(void **state)
{
	(void)state;
	check_truncated("snp.dat", 1531);
}

static void
test_truncated_perf_data(void **state)
{
	(void)state;
	check_truncated("micro_vm.perf", 9001);
}

/* Bytes changed at random: read or refused, and no child left behind. */
static void
check_changed(const char *name, unsigned int rounds)
{
	uint8_t *bytes, *changed;
	size_t size = read_file(name, &bytes);
	uint64_t random = 1;

	changed = malloc(size);
	for (unsigned int i = 0; i < rounds; i++) {
		int err;

		memcpy(changed, bytes, size);
		for (unsigned int j = 0; j < 8; j++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			changed[16 + (random >> 33) % (size - 16)] = (uint8_t)(random >> 24);
		}
		err = import_bytes(changed, size, NULL);
		assert_true(!err || err == -EINVAL || err == -ENOTSUP);
		assert_true(!err || messages[0]);
		assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	}
	free(changed);
	free(bytes);
}

static void
test_changed_trace_dat(void **state)
{
	(void)state;
	check_changed("snp.dat", 200);
}

static void
test_changed_perf_data(void **state)
{
	(void)state;
	check_changed("micro_vm.perf", 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snp),
		cmocka_unit_test(test_snp_in_version_7),
		cmocka_unit_test(test_vmx),
		cmocka_unit_test(test_recorded_trace_dat),
		cmocka_unit_test(test_recorded_perf_data),
		cmocka_unit_test(test_one_thread),
		cmocka_unit_test(test_perfs_own_losses),
		cmocka_unit_test(test_losses_that_are_none),
		cmocka_unit_test(test_what_is_no_trace),
		cmocka_unit_test(test_truncated_trace_dat),
		cmocka_unit_test(test_truncated_perf_data),
		cmocka_unit_test(test_changed_trace_dat),
		cmocka_unit_test(test_changed_perf_data),
	};

	log_set_sink(keep_message, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

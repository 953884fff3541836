/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A VM's two traces made one. Golden: tests/data/exits/match-*.txt and guest-*.txt, where the guest's
 * clock is 7 s ahead and a handling's middle is at most 20 ns from its VMGEXIT's; one VMGEXIT has
 * no handling in the guest's trace, and one handling holds no VMGEXIT.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "probes/guest_match.h"
#include "probes/names.h"
#include "probes/perf_data.h"

#define FOLDER TEST_SOURCE_DIR "/tests/data/exits/"
#define OFFSET_NS 7e9
/* In the guest before and behind the VMGEXIT: 900 to 1100 ns, twice, less 40 ns at most. */
#define IN_GUEST_MIN_NS 1760
#define IN_GUEST_MAX_NS 2240

static const struct trace_marks marks = {"folio_vc_enter", "folio_vc_exit"};
static char message[512];

static void
keep_message(enum log_level level, const char *text, void *arg)
{
	(void)level, (void)arg;
	snprintf(message, sizeof(message), "%s", text);
}

static uint64_t
count_of(const struct exit_table *table, uint64_t code)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->rows[i]->space == EXIT_SPACE_GHCB && table->rows[i]->code == code)
			return table->rows[i]->count;
	return 0;
}

/* Those without libtracecmd have nothing to read. */
static void
read_golden(struct guest_match *match)
{
	int err = guest_match_read(FOLDER "match.dat", FOLDER "guest.dat", &marks, match);

	if (err == -ENOTSUP)
		skip();
	assert_int_equal(err, 0);
}

static void
handlings_find_their_vmgexits(void **state)
{
	struct guest_match match;

	(void)state;
	read_golden(&match);
	assert_int_equal(match.handlings, 32);
	assert_int_equal(match.vmgexits, 32);
	assert_int_equal(match.pairs, 31);
	assert_int_equal(match.lost, 0);
	assert_true(fabs(match.offset_ns - OFFSET_NS) <= 20);
	assert_true(match.residual_p50_ns <= 20 && match.residual_p90_ns <= 40);
	assert_int_equal(match.best_pairs, 31);
	assert_true(match.next_best_pairs < 16);
	guest_match_free(&match);
}

static void
the_guests_part_is_told_apart(void **state)
{
	struct guest_match match;

	(void)state;
	read_golden(&match);
	assert_int_equal(count_of(&match.whole, 0x72), 9);
	assert_int_equal(count_of(&match.whole, 0x7b) + count_of(&match.whole, 0x80000010), 22);
	for (size_t i = 0; i < match.whole.n; i++) {
		const struct exit_latency *guest = &match.in_guest.rows[i]->latency;
		double host_ns = exit_latency_mean_ns(&match.in_host.rows[i]->latency);
		double whole_ns = exit_latency_mean_ns(&match.whole.rows[i]->latency);

		assert_true(exit_latency_min_ns(guest) >= IN_GUEST_MIN_NS);
		assert_true(exit_latency_max_ns(guest) <= IN_GUEST_MAX_NS);
		assert_true(fabs(whole_ns - host_ns - exit_latency_mean_ns(guest)) < 1);
	}
	guest_match_free(&match);
}

/* Other events than the guest's trace has; and one without VMGEXITs for the host's. */
static void
what_does_not_meet_is_refused(void **state)
{
	const struct trace_marks others = {"folio_never", "folio_neither"};
	struct guest_match match;
	int err;

	(void)state;
	log_set_sink(keep_message, NULL);
	err = guest_match_read(FOLDER "match.dat", FOLDER "guest.dat", &others, &match);
	if (err == -ENOTSUP)
		skip();
	assert_int_equal(err, -ENODATA);
	assert_non_null(strstr(message, "0 handlings between folio_never and folio_neither"));
	err = guest_match_read(FOLDER "vmx.dat", FOLDER "guest.dat", &marks, &match);
	assert_int_equal(err, -ENODATA);
	assert_non_null(strstr(message, "0 VMGEXITs"));
	assert_int_equal(match.whole.n, 0);
	log_set_sink(NULL, NULL);
}

/* As perf script prints them, with the CPU. */
static void
perfs_lines_are_read(void **state)
{
	struct trace_record record;

	(void)state;
	assert_true(perf_mark_line_read(
		"  301 [002]    22.000000763: probe:folio_vc_enter: (ffffffff81000000)", &marks,
		&record));
	assert_int_equal(record.event, TRACE_RECORD_MARK_BEGIN);
	assert_int_equal(record.vcpu_id, 2);
	assert_int_equal(record.time_ns, 22000000763);
	assert_true(perf_mark_line_read("301 [000] 1.000000000: uprobes:folio_vc_exit: ()", &marks,
					&record));
	assert_int_equal(record.event, TRACE_RECORD_MARK_END);
	assert_true(perf_mark_line_read("1 [000] 1.0: PERF_RECORD_LOST lost 3", &marks, &record));
	assert_int_equal(record.event, TRACE_RECORD_LOST);
	assert_int_equal(record.code, 3);
	assert_true(perf_mark_line_read(
		"1 [0] 1.0: probe:folio_vc_exit: (0) name=\"PERF_RECORD_LOST lost 3\"", &marks,
		&record));
	assert_int_equal(record.event, TRACE_RECORD_MARK_END);
	assert_false(perf_mark_line_read("1 [0] 1.0: PERF_RECORD_LOST lost 3: of an event", &marks,
					 &record));
	for (const char *const *line =
		     (const char *const[]){"", "[", "]", "1 [", "1 [0]", "1 [0] 2",
					   "x [0] 1.0: a:b:", "1 [0] 1.0: kvm:kvm_exit: reason",
					   "1 [0] 1.0:", "1 [0] 1.0: probe:folio_vc_enter", NULL};
	     *line; line++)
		assert_false(perf_mark_line_read(*line, &marks, &record));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handlings_find_their_vmgexits),
		cmocka_unit_test(the_guests_part_is_told_apart),
		cmocka_unit_test(what_does_not_meet_is_refused),
		cmocka_unit_test(perfs_lines_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Exits and their ends, from records in the order of their times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <asm/svm.h>
#include <cmocka.h>
#include <linux/kvm.h>

#include "probes/pairing.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct exit_table table;
static struct pairing pairing;

static int
start(void **state)
{
	(void)state;
	pairing_free(&pairing);
	exit_table_free(&table);
	table = (struct exit_table){0};
	return 0;
}

static void
add(uint64_t time_ns, int32_t tid, enum trace_event event, uint64_t code)
{
	const struct trace_record record = {
		.time_ns = time_ns,
		.tid = tid,
		.event = event,
		.code = code,
		.isa = event == TRACE_KVM_EXIT ? TRACE_ISA_SVM : TRACE_ISA_UNKNOWN,
	};

	assert_int_equal(pairing_add(&pairing, &record, &table), 0);
}

/* A row's count, how many of it were timed, and their sum. */
static void
check_row(enum exit_space space, uint64_t code, uint64_t count, uint64_t timed, uint64_t sum_ns)
{
	struct exit_row *row = exit_table_row(&table, space, code, NULL);

	assert_non_null(row);
	assert_int_equal(row->count, count);
	assert_int_equal(row->latency.n, timed);
	assert_int_equal(row->latency.sum_ticks, sum_ns);
}

static void
test_exit_to_entry(void **state)
{
	(void)state;
	add(1000, 7, TRACE_KVM_EXIT, SVM_EXIT_CPUID);
	add(1700, 7, TRACE_KVM_ENTRY, 0);
	add(2000, 7, TRACE_KVM_EXIT, SVM_EXIT_CPUID);
	add(2300, 7, TRACE_KVM_ENTRY, 0);
	check_row(EXIT_SPACE_SVM, SVM_EXIT_CPUID, 2, 2, 1000);
	assert_int_equal(pairing.unmatched + pairing_open_exits(&pairing), 0);
}

/* Two vCPUs whose exits overlap: each ends its own. */
static void
test_threads_are_apart(void **state)
{
	(void)state;
	add(1000, 7, TRACE_KVM_EXIT, SVM_EXIT_HLT);
	add(1100, 8, TRACE_KVM_EXIT, SVM_EXIT_IOIO);
	add(1200, 8, TRACE_KVM_ENTRY, 0);
	add(5000, 7, TRACE_KVM_ENTRY, 0);
	check_row(EXIT_SPACE_SVM, SVM_EXIT_HLT, 1, 1, 4000);
	check_row(EXIT_SPACE_SVM, SVM_EXIT_IOIO, 1, 1, 100);
}

/* An SNP guest's doorbell: VMGEXIT inside of its kvm_exit, user space inside of both. */
static void
test_vmgexit_and_userspace_within_an_exit(void **state)
{
	(void)state;
	add(1000, 7, TRACE_KVM_EXIT, SVM_EXIT_VMGEXIT);
	add(1100, 7, TRACE_KVM_VMGEXIT_ENTER, SVM_VMGEXIT_MMIO_WRITE);
	add(1200, 7, TRACE_KVM_USERSPACE_EXIT, KVM_EXIT_MMIO);
	add(3200, 7, TRACE_KVM_FPU, 1);
	add(3300, 7, TRACE_KVM_VMGEXIT_EXIT, SVM_VMGEXIT_MMIO_WRITE);
	add(3400, 7, TRACE_KVM_ENTRY, 0);
	check_row(EXIT_SPACE_SVM, SVM_EXIT_VMGEXIT, 1, 1, 2400);
	check_row(EXIT_SPACE_GHCB, SVM_VMGEXIT_MMIO_WRITE, 1, 1, 2200);
	check_row(EXIT_SPACE_USERSPACE, KVM_EXIT_MMIO, 1, 1, 2000);
	assert_int_equal(pairing.unmatched, 0);
}

/* The exit of another VMGEXIT is not this one's end. */
static void
test_vmgexit_ends_by_its_own_code(void **state)
{
	(void)state;
	add(1000, 7, TRACE_KVM_VMGEXIT_ENTER, SVM_EXIT_CPUID);
	add(1500, 7, TRACE_KVM_VMGEXIT_EXIT, SVM_EXIT_MSR);
	check_row(EXIT_SPACE_GHCB, SVM_EXIT_CPUID, 1, 0, 0);
	assert_int_equal(pairing.unmatched, 1);
}

/* The request stands in bits 11:0; the answer's are others. */
static void
test_msr_protocol(void **state)
{
	(void)state;
	add(1000, 7, TRACE_KVM_VMGEXIT_MSR_PROTOCOL_ENTER, 0x0010000012345014);
	add(1600, 7, TRACE_KVM_VMGEXIT_MSR_PROTOCOL_EXIT, 0x015);
	check_row(EXIT_SPACE_MSR_PROTOCOL, 0x014, 1, 1, 600);
}

/* fpu unload is the way out, not the way back. */
static void
test_userspace_until_the_return(void **state)
{
	(void)state;
	add(1000, 7, TRACE_KVM_USERSPACE_EXIT, KVM_EXIT_IO);
	add(1010, 7, TRACE_KVM_FPU, 0);
	add(1900, 7, TRACE_KVM_FPU, 1);
	add(2000, 7, TRACE_KVM_USERSPACE_EXIT, KVM_EXIT_HLT);
	check_row(EXIT_SPACE_USERSPACE, KVM_EXIT_IO, 1, 1, 900);
	check_row(EXIT_SPACE_USERSPACE, KVM_EXIT_HLT, 1, 0, 0);
	assert_int_equal(pairing.unmatched, 0);
	assert_int_equal(pairing_open_exits(&pairing), 1);
}

static void
test_what_has_no_end_is_counted_and_told(void **state)
{
	(void)state;
	add(900, 7, TRACE_KVM_ENTRY, 0); /* the trace began in between */
	add(1000, 7, TRACE_KVM_EXIT, SVM_EXIT_INTR);
	add(2000, 7, TRACE_KVM_EXIT, SVM_EXIT_NPF); /* an entry was lost */
	add(1500, 7, TRACE_KVM_ENTRY, 0);           /* out of order */
	check_row(EXIT_SPACE_SVM, SVM_EXIT_INTR, 1, 0, 0);
	check_row(EXIT_SPACE_SVM, SVM_EXIT_NPF, 1, 0, 0);
	assert_int_equal(pairing.unmatched, 2);
	assert_int_equal(pairing.events, 4);
}

static void
test_vcpu_has_to_agree(void **state)
{
	const struct trace_record records[] = {
		{.time_ns = 10, .tid = 7, .event = TRACE_KVM_VMGEXIT_ENTER, .code = 0x72},
		{.time_ns = 20,
		 .tid = 7,
		 .event = TRACE_KVM_VMGEXIT_EXIT,
		 .code = 0x72,
		 .vcpu_id = 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(records); i++)
		assert_int_equal(pairing_add(&pairing, &records[i], &table), 0);
	check_row(EXIT_SPACE_GHCB, 0x72, 1, 0, 0);
	assert_int_equal(pairing.unmatched, 1);
}

/* A read that user space completes comes twice, and is one. */
static void
test_other_events_are_counted(void **state)
{
	(void)state;
	add(1000, 7, TRACE_KVM_MMIO, 0);
	add(1100, 7, TRACE_KVM_MMIO, 1);
	add(1200, 7, TRACE_KVM_PIO, 0);
	add(1300, 8, TRACE_IOMMU_UNMAP, 0);
	check_row(EXIT_SPACE_EVENT, TRACE_KVM_MMIO, 1, 0, 0);
	check_row(EXIT_SPACE_EVENT, TRACE_KVM_PIO, 1, 0, 0);
	check_row(EXIT_SPACE_EVENT, TRACE_IOMMU_UNMAP, 1, 0, 0);
}

static void
test_many_threads(void **state)
{
	(void)state;
	for (int32_t tid = 0; tid < 5000; tid++)
		add(1000 + (uint64_t)tid, tid * 64, TRACE_KVM_EXIT, SVM_EXIT_MSR);
	for (int32_t tid = 0; tid < 5000; tid++)
		add(10000 + (uint64_t)tid, tid * 64, TRACE_KVM_ENTRY, 0);
	check_row(EXIT_SPACE_SVM, SVM_EXIT_MSR, 5000, 5000, 5000 * 9000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_exit_to_entry, start),
		cmocka_unit_test_setup(test_threads_are_apart, start),
		cmocka_unit_test_setup(test_vmgexit_and_userspace_within_an_exit, start),
		cmocka_unit_test_setup(test_vmgexit_ends_by_its_own_code, start),
		cmocka_unit_test_setup(test_msr_protocol, start),
		cmocka_unit_test_setup(test_userspace_until_the_return, start),
		cmocka_unit_test_setup(test_what_has_no_end_is_counted_and_told, start),
		cmocka_unit_test_setup(test_vcpu_has_to_agree, start),
		cmocka_unit_test_setup(test_other_events_are_counted, start),
		cmocka_unit_test_setup(test_many_threads, start),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	start(NULL);
	return failed;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What reasons are called, and that no code goes without a name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <asm/svm.h>
#include <asm/vmx.h>
#include <cmocka.h>
#include <linux/kvm.h>
#include <string.h>

#include "probes/events.h"
#include "probes/names.h"

static void
check(enum exit_space space, uint64_t code, const char *name)
{
	char buf[EXIT_NAME_BYTES];

	assert_string_equal(exit_code_name(space, code, buf, sizeof(buf)), name);
}

static void
test_names_of_each_space(void **state)
{
	(void)state;
	check(EXIT_SPACE_SVM, SVM_EXIT_CPUID, "svm:cpuid");
	check(EXIT_SPACE_SVM, SVM_EXIT_EXCP_BASE + 14, "svm:pf_excp");
	check(EXIT_SPACE_SVM, 0x0a6, "svm:idle-halt");
	check(EXIT_SPACE_VMX, EXIT_REASON_EPT_VIOLATION, "vmx:ept_violation");
	check(EXIT_SPACE_VMX, 77, "vmx:tdcall");
	check(EXIT_SPACE_GHCB, SVM_EXIT_IOIO, "ghcb:io");
	check(EXIT_SPACE_GHCB, SVM_VMGEXIT_PSC, "ghcb:page_state_change");
	check(EXIT_SPACE_GHCB, 0x80000018, "ghcb:snp_run_vmpl");
	check(EXIT_SPACE_MSR_PROTOCOL, 0x014, "msr-protocol:page_state_change_request");
	check(EXIT_SPACE_USERSPACE, KVM_EXIT_IO, "user:io");
	check(EXIT_SPACE_USERSPACE, KVM_EXIT_NOTIFY, "user:notify");
	check(EXIT_SPACE_USERSPACE, 39, "user:memory_fault");
	check(EXIT_SPACE_EVENT, TRACE_KVM_PIO, "kvm:kvm_pio");
}

/* The kernel hands over 32 bits of it on kvm_exit, and 64 on a VMGEXIT. */
static void
test_invalid_guest_state(void **state)
{
	(void)state;
	check(EXIT_SPACE_SVM, UINT32_MAX, "svm:invalid_guest_state");
	check(EXIT_SPACE_SVM, UINT64_MAX, "svm:invalid_guest_state");
	check(EXIT_SPACE_GHCB, UINT64_MAX, "ghcb:invalid_guest_state");
}

static void
test_flags_are_no_part_of_a_reason(void **state)
{
	(void)state;
	check(EXIT_SPACE_VMX, VMX_EXIT_REASONS_FAILED_VMENTRY | EXIT_REASON_INVALID_STATE,
	      "vmx:invalid_state");
	assert_int_equal(exit_code_basic(EXIT_SPACE_VMX, VMX_EXIT_REASONS_FAILED_VMENTRY | 33), 33);
	assert_int_equal(exit_code_basic(EXIT_SPACE_MSR_PROTOCOL, 0x1234567000004), 4);
	check(EXIT_SPACE_MSR_PROTOCOL, 0x4000000000000004, "msr-protocol:cpuid_request");
}

static void
test_unknown_codes_print_as_numbers(void **state)
{
	(void)state;
	for (enum exit_space space = 0; space < EXIT_SPACES; space++) {
		char buf[EXIT_NAME_BYTES];
		const char *name = exit_code_name(space, 0xabc, buf, sizeof(buf));

		assert_non_null(strstr(name, "0xabc"));
	}
	check(EXIT_SPACE_GHCB, 0x1234567890, "ghcb:0x1234567890");
}

static void
test_named_rows_keep_their_name(void **state)
{
	struct exit_row row = {.space = EXIT_SPACE_EMULATED, .name = "doorbell"};
	char buf[EXIT_NAME_BYTES];

	(void)state;
	assert_string_equal(exit_row_name(&row, buf, sizeof(buf)), "doorbell");
	row.space = EXIT_SPACE_STATISTIC;
	assert_string_equal(exit_row_name(&row, buf, sizeof(buf)), "stat:doorbell");
}

static void
check_code(enum exit_space space, const char *name, uint64_t expected)
{
	uint64_t code;

	assert_true(exit_code_of_name(space, name, &code));
	assert_int_equal(code, expected);
}

static void
test_codes_of_the_kernels_texts(void **state)
{
	uint64_t code;

	(void)state;
	check_code(EXIT_SPACE_SVM, "npf", SVM_EXIT_NPF);
	check_code(EXIT_SPACE_SVM, "cpuid", SVM_EXIT_CPUID);
	check_code(EXIT_SPACE_SVM, "invalid_guest_state", UINT32_MAX);
	check_code(EXIT_SPACE_VMX, "CPUID", EXIT_REASON_CPUID);
	check_code(EXIT_SPACE_USERSPACE, "KVM_EXIT_IO", KVM_EXIT_IO);
	assert_false(exit_code_of_name(EXIT_SPACE_SVM, "CPUID", &code));
	assert_false(exit_code_of_name(EXIT_SPACE_VMX, "cpuid", &code));
	assert_false(exit_code_of_name(EXIT_SPACE_USERSPACE, "no_such", &code));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_of_each_space),
		cmocka_unit_test(test_invalid_guest_state),
		cmocka_unit_test(test_flags_are_no_part_of_a_reason),
		cmocka_unit_test(test_unknown_codes_print_as_numbers),
		cmocka_unit_test(test_named_rows_keep_their_name),
		cmocka_unit_test(test_codes_of_the_kernels_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

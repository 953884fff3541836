/* SPDX-License-Identifier: BSD-3-Clause */
/* folio doctor: what this machine can do, what is missing, how to get it. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "runner/commands/columns.h"
#include "runner/commands/commands.h"
#include "runner/commands/doctor.h"
#include "runner/exit_status.h"

static const struct {
	const char *name;
	void (*probe)(struct finding *finding);
	bool required; /* by folio run */
	const char *used_for;
} checks[] = {
	{"memory", doctor_memory, true, "DPDK's heap and the shared regions"},
	{"shared memory", doctor_shared_memory, true, "the region that the host may reach"},
	{"DPDK", doctor_dpdk, true, "the datapath and its vhost backend"},
	{"cores", doctor_cores, true, "lock-step takes one, two processes take two"},
	{"time stamp counter", doctor_tsc, false, "every figure in cycles"},
	{"huge pages", doctor_huge_pages, false, "the shared regions as on a real host"},
	{"memlock", doctor_memlock, false, "pinned buffers and BPF maps without root"},
	{"matplotlib", doctor_matplotlib, false, "figures"},
	{"steal", doctor_steal, false, "steady figures: time that the host took away"},
	{"governor", doctor_governor, false, "steady figures: the core's clock"},
	{"AES", doctor_aes, false, "encrypting workloads"},
	{"KVM", doctor_kvm, false, "exits that really leave a guest"},
	{"KVM private memory", doctor_private_memory, false,
	 "page state changes with the host's part: psc.stand_in"},
	{"BPF", doctor_bpf, false, "tracing exits"},
	{"PMU", doctor_pmu, false, "hardware counters"},
	{"network namespaces", doctor_namespaces, false, "peers on this machine"},
	{"TAP", doctor_tap, false, "frames through the kernel: sources kernel_path, host_path"},
};

static const char usage[] =
	"usage: folio doctor\n"
	"\n"
	"Looks at what this machine offers, changes nothing, and says what is missing and\n"
	"how to get it. Exit status: 0 when folio run has what it needs, else 3.\n";

static const char *const verdicts[] = {"ok", "limited", "missing"};

void
finding_set(struct finding *finding, enum verdict verdict, const char *format, ...)
{
	va_list args;

	finding->verdict = verdict;
	finding->get_it[0] = '\0';
	va_start(args, format);
	vsnprintf(finding->detail, sizeof(finding->detail), format, args);
	va_end(args);
}

void
finding_get_it(struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(finding->get_it, sizeof(finding->get_it), format, args);
	va_end(args);
}

static void
print_finding(const char *name, const char *used_for, const struct finding *f)
{
	int column = printf("%-19s %-8s ", name, verdicts[f->verdict]);

	columns_print_text(f->detail, (size_t)column, stdout);
	if (f->verdict == VERDICT_OK)
		return;
	column = printf("%-28s for: ", "");
	columns_print_text(used_for, (size_t)column, stdout);
	if (!f->get_it[0])
		return;
	column = printf("%-28s get it: ", "");
	columns_print_text(f->get_it, (size_t)column, stdout);
}

int
cmd_doctor(int argc, char **argv)
{
	unsigned int lacking = 0;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	if (argc != 1) {
		fputs(usage, stderr);
		return EXIT_BAD_USAGE;
	}
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct finding finding = {0};

		checks[i].probe(&finding);
		print_finding(checks[i].name, checks[i].used_for, &finding);
		lacking += checks[i].required && finding.verdict == VERDICT_MISSING;
	}
	if (lacking)
		printf("\nfolio run cannot work here without what is missing of memory, shared\n"
		       "memory, DPDK and cores.\n");
	else
		printf("\nfolio run has what it needs.\n");
	return lacking ? EXIT_MACHINE_LACKS : EXIT_DONE;
}

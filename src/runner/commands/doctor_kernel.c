/* SPDX-License-Identifier: BSD-3-Clause */
/* folio doctor: what the kernel lets this user do. Each is tried, not deduced. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "datapath/sources/psc_guest_memfd.h"
#include "probes/pmu.h"
#include "runner/commands/doctor.h"
#include "runner/results/machine.h"

#define TAP_DEVICE "/dev/net/tun"

void
doctor_kvm(struct finding *f)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC), err = errno, version;

	if (fd < 0) {
		finding_set(f, VERDICT_MISSING, "/dev/kvm: %s", strerror(err));
		if (err == EACCES)
			finding_get_it(f, "be in the group kvm");
		else
			finding_get_it(f,
				       "load kvm_amd or kvm_intel; in a VM: nested virtualisation");
		return;
	}
	version = ioctl(fd, KVM_GET_API_VERSION, 0);
	if (version == KVM_API_VERSION)
		finding_set(f, VERDICT_OK, "/dev/kvm, interface version %d", version);
	else
		finding_set(f, VERDICT_MISSING, "/dev/kvm: interface version %d, %d is wanted",
			    version, KVM_API_VERSION);
	close(fd);
}

void
doctor_private_memory(struct finding *f)
{
	struct guest_memfd_support support;

	guest_memfd_probe(&support);
	if (support.error) {
		finding_set(f, VERDICT_MISSING, "a virtual machine: %s", strerror(support.error));
		finding_get_it(f, "see KVM above");
	} else if (!support.guest_memfd) {
		finding_set(f, VERDICT_MISSING, "no guest_memfd, no memory attributes");
		finding_get_it(f, "Linux 6.8 or later with CONFIG_KVM_GUEST_MEMFD");
	} else if (!support.attributes) {
		finding_set(f, VERDICT_LIMITED, "guest_memfd; no memory attributes");
		finding_get_it(f, "a kernel built with CONFIG_KVM_SW_PROTECTED_VM; in a VM: "
				  "two-dimensional paging for nested guests");
	} else {
		finding_set(f, VERDICT_OK, "guest_memfd, memory attributes");
	}
}

/* Loads the smallest tracing program: r0 = 0, exit. Returns 0 or -errno. */
static int
load_bpf_program(void)
{
	static const struct bpf_insn program[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_TRACEPOINT;
	attr.insns = (uintptr_t)program;
	attr.insn_cnt = sizeof(program) / sizeof(program[0]);
	attr.license = (uintptr_t) "GPL";
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return -errno;
	close((int)fd);
	return 0;
}

void
doctor_bpf(struct finding *f)
{
	int err = load_bpf_program();

	if (err) {
		finding_set(f, VERDICT_MISSING, "loading a program: %s", strerror(-err));
		if (err == -EPERM || err == -EACCES)
			finding_get_it(f, "run as root, or with CAP_BPF and CAP_PERFMON");
		else
			finding_get_it(f, "a kernel built with CONFIG_BPF_SYSCALL");
	} else if (access("/sys/kernel/btf/vmlinux", R_OK) < 0) {
		finding_set(f, VERDICT_LIMITED,
			    "programs load; no type information (BTF) in the kernel");
		finding_get_it(f, "a kernel built with CONFIG_DEBUG_INFO_BTF");
	} else {
		finding_set(f, VERDICT_OK, "programs load, BTF is there");
	}
}

void
doctor_pmu(struct finding *f)
{
	char counters[MACHINE_TEXT_BYTES];
	struct pmu pmu;

	pmu_open(&pmu, pmu_hardware_events);
	pmu_format(&pmu, counters, sizeof(counters));
	pmu_close(&pmu);
	if (!pmu.lacking) {
		finding_set(f, VERDICT_OK, "counts %s", counters);
		return;
	}
	if (strcmp(counters, "none"))
		finding_set(f, VERDICT_LIMITED, "counts %s; others are n/a: %s", counters,
			    strerror(-pmu.lacking));
	else
		finding_set(f, VERDICT_MISSING, "no hardware counters (%s); they are n/a",
			    strerror(-pmu.lacking));
	finding_get_it(f, pmu.lacking == -EACCES || pmu.lacking == -EPERM ?
				  "sysctl kernel.perf_event_paranoid=2 or lower" :
				  "in a VM: a virtual PMU");
}

/* In a child, so that this process stays where it is. Each returns 0 or an errno. */
static int
try_in_child(int (*attempt)(int arg), int arg)
{
	int status;
	pid_t child = fork();

	if (child < 0)
		return errno;
	if (child == 0)
		_exit(attempt(arg));
	if (waitpid(child, &status, 0) < 0)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static int
make_namespace(int flags)
{
	return unshare(flags) < 0 ? errno : 0;
}

/* In a network namespace of its own, as folio does; it goes with its descriptor. */
static int
make_tap(int tap)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int error = make_namespace(CLONE_NEWNET);

	return error ? error : ioctl(tap, TUNSETIFF, &request) < 0 ? errno : 0;
}

void
doctor_namespaces(struct finding *f)
{
	int err = try_in_child(make_namespace, CLONE_NEWNET);

	if (!err) {
		finding_set(f, VERDICT_OK, "can be made");
		return;
	}
	if (!try_in_child(make_namespace, CLONE_NEWUSER | CLONE_NEWNET))
		finding_set(f, VERDICT_LIMITED, "can be made within a user namespace only");
	else
		finding_set(f, VERDICT_MISSING, "making one: %s", strerror(err));
	finding_get_it(f, "run as root, or with CAP_SYS_ADMIN");
}

void
doctor_tap(struct finding *f)
{
	int tap = open(TAP_DEVICE, O_RDWR | O_CLOEXEC), err = tap < 0 ? errno : 0;

	if (err) {
		finding_set(f, VERDICT_MISSING, TAP_DEVICE ": %s", strerror(err));
		if (err == EACCES || err == EPERM)
			finding_get_it(f, "run as root, or with leave to open it");
		else
			finding_get_it(f, "as root: modprobe tun; in a container: "
					  "--device " TAP_DEVICE);
		return;
	}
	err = try_in_child(make_tap, tap);
	close(tap);
	if (!err) {
		finding_set(f, VERDICT_OK, TAP_DEVICE ", in a network namespace of its own");
		return;
	}
	finding_set(f, VERDICT_MISSING, "a TAP in a network namespace: %s", strerror(err));
	finding_get_it(f, "run as root, or with CAP_SYS_ADMIN and CAP_NET_ADMIN");
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What goes wrong around a tracer: no permission, an event that is not there, a ring that is too
 * small, a VM that dies, a process that is not. It is said, and nothing stays attached.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/bpf.h>

#include "micro_vm.h"
#include "probes/probe.h"
#include "probes/tracefs.h"

#define EXITS 5000

static struct micro_vm vm;

/* Programs on this machine that measure what a probe costs. */
static unsigned int
count_programs(void)
{
	unsigned int n = 0;
	uint32_t id = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) && info.created_by_uid == getuid() &&
		    !strcmp(info.name, "btf_task_rename"))
			n++;
		close(fd);
	}
	return n;
}

static struct probe_filter
own_exits(void)
{
	struct probe_filter filter = PROBE_ALL;

	filter.pid = getpid();
	filter.events = PROBE_EVENTS_KVM;
	return filter;
}

/* What it is refused for is named, by each probe. */
static void
without_permission(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		struct probe_filter filter = own_exits();
		struct probe_session session;
		int error;

		if (geteuid() == 0 && setresuid(65534, 65534, 65534))
			_exit(2);
		error = probe_session_open(&session, "btf", &filter);
		if (!error)
			_exit(0); /* A machine that allows it to everyone. */
		_exit(error == -EPERM && session.n_skips == 1 && !session.probe &&
				      strstr(session.skips[0].why, "CAP_BPF") ?
			      0 :
			      1);
	}
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
	assert_int_equal(status, 0);
}

static void
no_such_probe(void **state)
{
	struct probe_filter filter = PROBE_ALL;
	struct probe_session session;

	(void)state;
	assert_int_equal(probe_session_open(&session, "psychic", &filter), -ENOENT);
	assert_null(session.probe);
	probe_session_close(&session);
}

static void
no_such_event(void **state)
{
	int tracefs = tracefs_open();

	(void)state;
	if (tracefs < 0)
		skip();
	assert_int_equal(tracefs_event_id(tracefs, "kvm", "kvm_never"), -ENOENT);
	assert_int_equal(tracefs_field_offset(tracefs, "kvm", "kvm_exit", "exit_reason", 4), 8);
	assert_int_equal(tracefs_field_offset(tracefs, "kvm", "kvm_exit", "exit_reason", 8),
			 -EBADMSG);
	assert_int_equal(tracefs_field_offset(tracefs, "kvm", "kvm_exit", "reason", 4), -ENOENT);
	close(tracefs);
}

struct seen {
	uint64_t records, returns;
};

static void
see(const struct exit_record *record, void *arg)
{
	struct seen *seen = arg;

	seen->records++;
	if (record->space == EXIT_SPACE_USERSPACE) {
		seen->returns++;
		assert_int_equal(record->pid, getpid());
		assert_true(record->duration_ns > 0 && record->duration_ns < record->end_ns);
	}
}

static void
assert_records_add_up(size_t ring_bytes, bool has_room)
{
	struct probe_filter filter = own_exits();
	struct probe_session session;
	struct exit_table table = {0};
	struct seen seen = {0};

	filter.records_bytes = ring_bytes;
	if (probe_session_open(&session, "btf", &filter))
		skip();
	assert_int_equal(micro_vm_exit(&vm, MICRO_VM_OUT, EXITS, 0), 0);
	assert_int_equal(session.probe->records(&session, see, &seen), 0);
	assert_int_equal(probe_session_read(&session, &table), 0);
	/* A kvm_pio each, and a return to user space each but for the last one, the halt. */
	assert_int_equal(seen.records + session.records_lost, 2 * EXITS);
	assert_int_equal(session.records_lost == 0, has_room);
	assert_true(seen.records > 0);
	assert_int_equal(session.lost, 0);
	exit_table_free(&table);
	probe_session_close(&session);
}

static void
records_are_whole(void **state)
{
	(void)state;
	assert_records_add_up(1 << 20, true);
}

static void
an_overfull_ring_is_counted(void **state)
{
	(void)state;
	assert_records_add_up(1 << 12, false);
}

/* Exits until it is killed. Some VMMs have their vCPUs' statistics open. */
static void
run_guest(bool with_statistics)
{
	struct micro_vm doomed;

	if (micro_vm_open(&doomed))
		_exit(1);
	if (with_statistics)
		ioctl(doomed.vcpu, KVM_GET_STATS_FD, NULL);
	while (!micro_vm_exit(&doomed, MICRO_VM_OUT, 1000, 0))
		;
	_exit(1);
}

static void
a_vm_dies(void **state)
{
	struct probe_filter filter = own_exits();
	struct exit_table table = {0}, after = {0};
	struct probe_session session;
	pid_t guest = fork();

	(void)state;
	if (guest == 0)
		run_guest(false);
	filter.pid = guest;
	if (probe_session_open(&session, "btf", &filter)) {
		kill(guest, SIGKILL);
		waitpid(guest, NULL, 0);
		skip();
	}
	while (session.events < 1000) {
		usleep(10000);
		assert_int_equal(probe_session_read(&session, &table), 0);
	}
	kill(guest, SIGKILL);
	assert_int_equal(waitpid(guest, NULL, 0), guest);
	assert_int_equal(probe_session_read(&session, &table), 0);
	assert_true(exit_table_row(&table, EXIT_SPACE_USERSPACE, KVM_EXIT_IO, NULL)->count > 100);
	/* The exit that user space was at, and the return of the KVM_RUN that was killed. */
	assert_true(session.unmatched <= 2);
	assert_int_equal(probe_session_read(&session, &after), 0);
	assert_int_equal(after.n, 0);
	exit_table_free(&table);
	probe_session_close(&session);
}

/* A VM, and then its statistics, are there a moment after its process. */
static int
open_statistics(struct probe_session *session, const struct probe_filter *filter)
{
	int error = -ENXIO;

	for (int i = 0; i < 200 && (error == -ENXIO || error == -EIO); i++) {
		usleep(10000);
		error = probe_session_open(session, "statistics", filter);
	}
	return error;
}

/* Its statistics outlive it, for who has them open; others are told that there is no vCPU. */
static void
a_vm_dies_with_its_statistics(void **state)
{
	struct probe_filter filter = own_exits();
	struct exit_table table = {0}, after = {0};
	struct probe_session session;
	pid_t guest = fork();
	int error;

	(void)state;
	if (guest == 0)
		run_guest(true);
	filter.pid = guest;
	error = open_statistics(&session, &filter);
	while (!error && session.events < 1000) {
		usleep(10000);
		assert_int_equal(probe_session_read(&session, &table), 0);
	}
	kill(guest, SIGKILL);
	assert_int_equal(waitpid(guest, NULL, 0), guest);
	if (error) {
		print_message("SKIP: %s\n", session.n_skips ? session.skips[0].why : "");
		skip();
	}
	assert_int_equal(probe_session_read(&session, &table), 0);
	assert_int_equal(probe_session_read(&session, &after), 0);
	assert_int_equal(after.n, 0);
	assert_true(table.n > 0);
	exit_table_free(&table);
	probe_session_close(&session);
	filter.pid = getpid();
	filter.vcpu = 1;
	assert_int_equal(probe_session_open(&session, "statistics", &filter), -ENXIO);
	assert_non_null(strstr(session.skips[0].why, "no such vCPU"));
}

static void
its_own_cost_is_measured_and_gone(void **state)
{
	struct probe_filter filter = own_exits();
	struct probe_session session;
	double cost_ns;

	(void)state;
	if (probe_session_open(&session, "btf", &filter))
		skip();
	cost_ns = probe_session_cost_ns(&session);
	print_message("%.0f ns per event\n", cost_ns);
	assert_true(cost_ns > 0 && cost_ns < 100000);
	/* The kernel frees programs behind our back. */
	for (int i = 0; i < 200 && count_programs(); i++)
		usleep(10000);
	assert_int_equal(count_programs(), 0);
	probe_session_close(&session);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_permission),
		cmocka_unit_test(no_such_probe),
		cmocka_unit_test(no_such_event),
		cmocka_unit_test(records_are_whole),
		cmocka_unit_test(an_overfull_ring_is_counted),
		cmocka_unit_test(a_vm_dies),
		cmocka_unit_test(a_vm_dies_with_its_statistics),
		cmocka_unit_test(its_own_cost_is_measured_and_gone),
	};
	int error = micro_vm_open(&vm);

	if (error) {
		printf("SKIP: /dev/kvm: %s\n", strerror(-error));
		return 77;
	}
	error = cmocka_run_group_tests(tests, NULL, NULL);
	micro_vm_close(&vm);
	return error;
}

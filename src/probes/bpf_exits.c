/* SPDX-License-Identifier: BSD-3-Clause */
/* The probes "btf" and "classic": loading, attaching and closing. */
#include "probes/bpf_exits.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "probes/bpf_programs.h"
#include "probes/exits_bpf.skel.h"
#include "probes/kernel_btf.h"
#include "probes/tracefs.h"

/* The inode of the machine's own pid namespace: PROC_PID_INIT_INO of linux/proc_ns.h. */
#define FIRST_PID_NAMESPACE 0xEFFFFFFCu

static int
no_print(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

static void
set_filter(struct exits_bpf *skeleton, const struct probe_filter *filter)
{
	struct stat namespace;

	skeleton->rodata->filter_pid = (uint32_t)filter->pid;
	skeleton->rodata->filter_tid = (uint32_t)filter->tid;
	skeleton->rodata->filter_vcpu = filter->vcpu;
	/* The kernel's encoding of a device number, which is not that of user space. */
	if (!stat("/proc/self/ns/pid", &namespace) && namespace.st_ino != FIRST_PID_NAMESPACE) {
		skeleton->rodata->pid_namespace_dev = (uint64_t)major(namespace.st_dev) << 20 |
						      minor(namespace.st_dev);
		skeleton->rodata->pid_namespace_ino = namespace.st_ino;
	}
	skeleton->rodata->with_area = filter->area_fd != 0;
	if (filter->area_fd)
		bpf_map__reuse_fd(skeleton->maps.area, filter->area_fd);
	else
		bpf_map__set_autocreate(skeleton->maps.area, false);
	skeleton->rodata->with_records = filter->records_bytes != 0;
	if (filter->records_bytes)
		bpf_map__set_max_entries(skeleton->maps.records, (uint32_t)filter->records_bytes);
	else
		bpf_map__set_autocreate(skeleton->maps.records, false);
}

static int
open_object(struct bpf_exits *exits, const struct probe_filter *filter)
{
	struct bpf_program *program;

	libbpf_set_print(no_print);
	exits->skeleton = exits_bpf__open();
	if (!exits->skeleton)
		return -errno;
	bpf_object__for_each_program(program, exits->skeleton->obj)
		bpf_program__set_autoload(program, false);
	set_filter(exits->skeleton, filter);
	return 0;
}

/* The link owns the event. Returns NULL with errno set. */
static struct bpf_link *
attach_classic(int tracefs, const struct bpf_program *program, const char *group, const char *name)
{
	int id = tracefs < 0 ? tracefs : tracefs_event_id(tracefs, group, name), fd, error;
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attributes),
		.config = (uint64_t)id,
	};
	struct bpf_link *link;

	if (id < 0) {
		errno = -id;
		return NULL;
	}
	/* The program runs on every core, whichever the event is opened for. */
	fd = (int)syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return NULL;
	link = bpf_program__attach_perf_event(program, fd);
	if (!link) {
		error = errno;
		close(fd);
		errno = error;
	}
	return link;
}

/* Ends before begins: events.h. */
static void
attach_programs(struct probe_session *session)
{
	struct bpf_exits *exits = session->state;

	for (enum trace_event event = TRACE_EVENTS_N; event-- > 0;) {
		struct bpf_program *program = bpf_programs_find(exits, event);

		if (!program || !bpf_program__autoload(program))
			continue;
		exits->links[event] = bpf_programs_use_btf(exits, event) ?
					      bpf_program__attach_trace(program) :
					      attach_classic(exits->tracefs, program,
							     trace_event_group(event),
							     trace_event_name(event));
		if (!exits->links[event])
			probe_skip(session, trace_event_name(event), strerror(errno));
	}
}

static bool
sees_exits(const struct bpf_exits *exits)
{
	for (enum trace_event event = 0; event < TRACE_EVENTS_N; event++)
		if (exits->links[event] && (event == TRACE_KVM_EXIT || trace_event_is_exit(event)))
			return true;
	return false;
}

static int
load(struct bpf_exits *exits, char *why, size_t size)
{
	int error = exits_bpf__load(exits->skeleton);

	if (error == -EPERM || error == -EACCES)
		snprintf(why, size,
			 "BPF programs: %s (root, or CAP_BPF and CAP_PERFMON, is needed)",
			 strerror(-error));
	else if (error)
		snprintf(why, size, "BPF programs: the kernel refused them: %s", strerror(-error));
	return error;
}

/* Loads and attaches what there is. Where nothing shows an exit, there is nothing to trace. */
static int
start(struct probe_session *session, char *why, size_t size)
{
	struct bpf_exits *exits = session->state;
	int error = open_object(exits, &session->filter);

	if (error)
		return error;
	/* Then each of them was skipped: for the same reason, unless a tracepoint is not there. */
	if (!bpf_programs_choose(session)) {
		snprintf(why, size, "%s", session->skips[session->n_skips - 1].why);
		return -ENOTSUP;
	}
	error = load(exits, why, size);
	if (!error)
		error = bpf_counts_open(exits);
	if (error)
		return error;
	attach_programs(session);
	if (sees_exits(exits))
		return 0;
	snprintf(why, size, "no tracepoint that shows an exit could be attached");
	return -ENOTSUP;
}

static void
close_session(struct probe_session *session)
{
	bpf_exits_release(session->state);
	free(session->state);
	session->state = NULL;
}

static int
open_session(struct probe_session *session, struct kernel_btf *btf, char *why, size_t size)
{
	struct bpf_exits *exits = calloc(1, sizeof(*exits));
	int error;

	if (!exits) {
		kernel_btf_close(btf);
		return -ENOMEM;
	}
	exits->btf = btf;
	exits->tracefs = tracefs_open();
	session->state = exits;
	error = start(session, why, size);
	if (error)
		close_session(session);
	return error;
}

static int
open_btf(struct probe_session *session, char *why, size_t size)
{
	struct kernel_btf *btf = NULL;
	int error = kernel_btf_open(&btf);

	if (error) {
		snprintf(why, size, "the kernel's types, /sys/kernel/btf/vmlinux: %s",
			 strerror(-error));
		return error;
	}
	return open_session(session, btf, why, size);
}

static int
open_classic(struct probe_session *session, char *why, size_t size)
{
	return open_session(session, NULL, why, size);
}

void
bpf_exits_release(struct bpf_exits *exits)
{
	for (enum trace_event event = 0; event < TRACE_EVENTS_N; event++)
		bpf_link__destroy(exits->links[event]);
	bpf_counts_close(exits);
	exits_bpf__destroy(exits->skeleton);
	kernel_btf_close(exits->btf);
	if (exits->tracefs >= 0)
		close(exits->tracefs);
}

int
bpf_exits_open_rename(struct bpf_exits *exits, bool classic)
{
	const struct probe_filter own = {.tid = gettid(), .vcpu = -1};
	int error;

	*exits = (struct bpf_exits){.tracefs = tracefs_open()};
	error = open_object(exits, &own);
	if (!error) {
		bpf_program__set_autoload(classic ? exits->skeleton->progs.classic_task_rename :
						    exits->skeleton->progs.btf_task_rename,
					  true);
		error = exits_bpf__load(exits->skeleton);
	}
	if (error)
		bpf_exits_release(exits);
	return error;
}

struct bpf_link *
bpf_exits_attach_rename(struct bpf_exits *exits, bool classic)
{
	if (!classic)
		return bpf_program__attach_trace(exits->skeleton->progs.btf_task_rename);
	return attach_classic(exits->tracefs, exits->skeleton->progs.classic_task_rename, "task",
			      "task_rename");
}

extern const struct probe probe_btf, probe_classic;

const struct probe probe_btf = {
	.name = "btf",
	.help = "BPF programs on BTF tracepoints: counts and times in the kernel",
	.takes_area = true,
	.open = open_btf,
	.read = bpf_counts_read,
	.close = close_session,
	.records = bpf_counts_records,
	.cost = bpf_cost_btf,
};

const struct probe probe_classic = {
	.name = "classic",
	.help = "the same on classic tracepoints, for kernels without BTF",
	.takes_area = true,
	.open = open_classic,
	.read = bpf_counts_read,
	.close = close_session,
	.records = bpf_counts_records,
	.cost = bpf_cost_classic,
};

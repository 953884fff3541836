/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The probe "statistics": what KVM counts by itself, of each vCPU that a process has when the
 * session is opened. Neither tracing nor BPF is needed, only what a debugger may do: the
 * descriptors of the statistics are copied out of the process. The kernel makes them for the
 * VM's own process alone; QEMU from 8.1 on has them open for as long as the VM lives. No
 * durations, and no reasons but those that KVM tells apart.
 *
 * The form is described by itself: Documentation/virt/kvm/api.rst, 4.133 KVM_GET_STATS_FD.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probes/probe.h"

/* Of a header that claims more, the kernel knows nothing. */
#define COUNTERS_MAX 1024
#define NAME_BYTES_MAX 256

struct counter_place {
	char name[EXIT_ROW_NAME_BYTES]; /* cut, where it is longer */
	uint64_t at_byte;               /* in the statistics */
};

struct kvm_stats {
	int *fds; /* of each vCPU's statistics */
	size_t n;
	struct counter_place *counters; /* alike for all vCPUs */
	size_t n_counters;
	uint64_t *before; /* n_counters for each vCPU */
};

static int
add_vcpu(struct kvm_stats *stats, int fd)
{
	int *grown = reallocarray(stats->fds, stats->n + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	stats->fds = grown;
	stats->fds[stats->n++] = fd;
	return 0;
}

static int
copy_descriptor(int process, int descriptor)
{
	int fd = (int)syscall(SYS_pidfd_getfd, process, descriptor, 0);

	return fd < 0 ? -errno : fd;
}

/* Of a vCPU, whose process did not ask for its statistics itself. Returns a descriptor or -errno. */
static int
open_statistics(int process, int descriptor)
{
	int vcpu = copy_descriptor(process, descriptor), fd;

	if (vcpu < 0)
		return vcpu;
	fd = ioctl(vcpu, KVM_GET_STATS_FD, NULL);
	if (fd < 0)
		fd = -errno;
	close(vcpu);
	return fd;
}

/* Both name a vCPU by its number within its VM. */
static const struct kind {
	const char *format; /* of what a descriptor stands for */
	int (*open)(int process, int descriptor);
} kinds[] = {
	{"anon_inode:kvm-vcpu-stats:%d", copy_descriptor},
	{"anon_inode:kvm-vcpu:%d", open_statistics},
};

/* -1: the descriptor is not of that kind. */
static int
vcpu_number(const struct kind *kind, pid_t pid, const char *descriptor)
{
	char path[320], target[64];
	ssize_t length;
	int number;

	snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, descriptor);
	length = readlink(path, target, sizeof(target) - 1);
	target[length < 0 ? 0 : length] = '\0';
	return sscanf(target, kind->format, &number) == 1 ? number : -1;
}

static int
find_vcpus_of(struct kvm_stats *stats, const struct kind *kind, const struct probe_filter *filter,
	      int process)
{
	struct dirent *entry;
	char path[64];
	int error = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", filter->pid);
	folder = opendir(path);
	if (!folder)
		return -errno;
	while (!error && (entry = readdir(folder))) {
		int number = vcpu_number(kind, filter->pid, entry->d_name), fd;

		if (number < 0 || (filter->vcpu >= 0 && number != filter->vcpu))
			continue;
		fd = kind->open(process, atoi(entry->d_name));
		error = fd < 0 ? fd : add_vcpu(stats, fd);
		if (fd >= 0 && error)
			close(fd);
	}
	closedir(folder);
	return error;
}

static int
find_vcpus(struct kvm_stats *stats, const struct probe_filter *filter)
{
	int process = (int)syscall(SYS_pidfd_open, filter->pid, 0), error = 0;

	if (process < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !stats->n && !error; i++)
		error = find_vcpus_of(stats, &kinds[i], filter, process);
	close(process);
	return error;
}

/* What only grows and is a plain number of something. */
static bool
is_count(const struct kvm_stats_desc *desc)
{
	return (desc->flags & KVM_STATS_TYPE_MASK) == KVM_STATS_TYPE_CUMULATIVE &&
	       (desc->flags & KVM_STATS_UNIT_MASK) == KVM_STATS_UNIT_NONE && desc->size == 1;
}

static int
read_description(struct kvm_stats *stats, const struct kvm_stats_header *header, uint32_t index)
{
	struct {
		struct kvm_stats_desc desc;
		char name[NAME_BYTES_MAX];
	} of;
	size_t bytes = sizeof(of.desc) + header->name_size;
	struct counter_place *place = &stats->counters[stats->n_counters];

	if (pread(stats->fds[0], &of, bytes, header->desc_offset + (off_t)(index * bytes)) !=
	    (ssize_t)bytes)
		return -EBADMSG;
	if (!is_count(&of.desc))
		return 0;
	snprintf(place->name, sizeof(place->name), "%.*s", (int)sizeof(place->name) - 1,
		 (const char *)&of + sizeof(of.desc));
	place->at_byte = header->data_offset + of.desc.offset;
	stats->n_counters++;
	return 0;
}

/* The same kernel describes all its vCPUs alike. */
static int
read_descriptions(struct kvm_stats *stats)
{
	struct kvm_stats_header header;
	int error = 0;

	if (pread(stats->fds[0], &header, sizeof(header), 0) != sizeof(header))
		return -EBADMSG;
	if (header.num_desc > COUNTERS_MAX || header.name_size > NAME_BYTES_MAX)
		return -EBADMSG;
	stats->counters = calloc(header.num_desc, sizeof(*stats->counters));
	if (!stats->counters)
		return -ENOMEM;
	for (uint32_t i = 0; i < header.num_desc && !error; i++)
		error = read_description(stats, &header, i);
	stats->before = calloc(stats->n * stats->n_counters, sizeof(*stats->before));
	return error ? error : stats->before ? 0 : -ENOMEM;
}

static void
stats_close(struct probe_session *session)
{
	struct kvm_stats *stats = session->state;

	for (size_t i = 0; i < stats->n; i++)
		close(stats->fds[i]);
	free(stats->fds);
	free(stats->counters);
	free(stats->before);
	free(stats);
	session->state = NULL;
}

static int
read_counter(struct kvm_stats *stats, size_t vcpu, size_t counter, uint64_t *since)
{
	uint64_t *before = &stats->before[vcpu * stats->n_counters + counter], now;

	if (pread(stats->fds[vcpu], &now, sizeof(now), (off_t)stats->counters[counter].at_byte) !=
	    sizeof(now))
		return -EBADMSG;
	*since += now - *before;
	*before = now;
	return 0;
}

static int
stats_read(struct probe_session *session, struct exit_table *table)
{
	struct kvm_stats *stats = session->state;

	for (size_t i = 0; i < stats->n_counters; i++) {
		struct exit_row *row;
		uint64_t since = 0;
		int error = 0;

		for (size_t vcpu = 0; vcpu < stats->n && !error; vcpu++)
			error = read_counter(stats, vcpu, i, &since);
		if (error)
			return error;
		if (!since)
			continue;
		row = exit_table_row(table, EXIT_SPACE_STATISTIC, i, stats->counters[i].name);
		if (!row)
			return -ENOMEM;
		row->count += since;
		session->events += since;
	}
	return 0;
}

/* What was counted before the session is read, and left. */
static int
leave_what_was(struct probe_session *session)
{
	struct exit_table ignored = {0};
	int error = stats_read(session, &ignored);

	session->events = 0;
	exit_table_free(&ignored);
	return error;
}

static int
start(struct probe_session *session, char *why, size_t size)
{
	struct kvm_stats *stats = session->state;
	pid_t pid = session->filter.pid;
	int error = find_vcpus(stats, &session->filter);

	if (!error && !stats->n) {
		snprintf(why, size, "process %d has no such vCPU", pid);
		return -ENXIO;
	}
	if (!error)
		error = read_descriptions(stats);
	if (!error)
		error = leave_what_was(session);
	if (error == -ENOTTY)
		snprintf(why, size, "this kernel's KVM has none (Linux 5.14 has)");
	else if (error == -EIO)
		snprintf(why, size,
			 "process %d has none open, and may alone open them (QEMU 8.1 does)", pid);
	else if (error)
		snprintf(why, size, "vCPUs of process %d: %s", pid, strerror(-error));
	return error;
}

static int
stats_open(struct probe_session *session, char *why, size_t size)
{
	int error;

	if (!session->filter.pid || session->filter.tid) {
		snprintf(why, size, "counts the vCPUs of one process: it wants its pid");
		return -ENOTSUP;
	}
	session->state = calloc(1, sizeof(struct kvm_stats));
	if (!session->state)
		return -ENOMEM;
	error = start(session, why, size);
	if (error)
		stats_close(session);
	return error;
}

extern const struct probe probe_statistics;

const struct probe probe_statistics = {
	.name = "statistics",
	.help = "KVM's own statistics of a process's vCPUs: no durations",
	.open = stats_open,
	.read = stats_read,
	.close = stats_close,
};

/* SPDX-License-Identifier: BSD-3-Clause */
#include "probes/emulated.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#define AREA_NAME "folio_exits"

/* Behind a reader's back it can neither shrink, which would kill the reader, nor lose that. */
#define AREA_SEALS (F_SEAL_SHRINK | F_SEAL_SEAL)

static int
create_bpf(void)
{
	const struct bpf_map_create_opts options = {
		.sz = sizeof(options),
		.map_flags = BPF_F_MMAPABLE,
	};
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, AREA_NAME, sizeof(uint32_t),
				sizeof(struct exit_area), 1, &options);

	return fd < 0 ? -errno : fd;
}

static int
create_memfd(void)
{
	int fd = memfd_create(AREA_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING), error;

	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, sizeof(struct exit_area)) && fcntl(fd, F_ADD_SEALS, AREA_SEALS) >= 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

/* Takes over emulated->fd, also when it fails. */
static int
map_area(struct emulated *emulated, int protection)
{
	void *at = mmap(NULL, sizeof(struct exit_area), protection, MAP_SHARED, emulated->fd, 0);

	if (at == MAP_FAILED) {
		int error = -errno;

		close(emulated->fd);
		return error;
	}
	emulated->area = at;
	return 0;
}

int
emulated_create(struct emulated *emulated)
{
	int error;

	*emulated = (struct emulated){.fd = create_bpf(), .is_bpf = true};
	if (emulated->fd < 0)
		*emulated = (struct emulated){.fd = create_memfd()};
	if (emulated->fd < 0)
		return emulated->fd;
	error = map_area(emulated, PROT_READ | PROT_WRITE);
	if (!error)
		exit_area_init(emulated->area);
	return error;
}

/* Opens what a descriptor of that process stands for, if it is a memfd of that name. */
static int
open_memfd(const char *process, const char *number, uint64_t *inode)
{
	char path[320], target[64];
	ssize_t length;
	struct stat status;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/fd/%s", process, number);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	if (strcmp(target, "/memfd:" AREA_NAME " (deleted)"))
		return -ENOENT;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) || status.st_size != sizeof(struct exit_area) ||
	    (fcntl(fd, F_GET_SEALS) & AREA_SEALS) != AREA_SEALS) {
		close(fd);
		return -EBADMSG;
	}
	*inode = status.st_ino;
	return fd;
}

/* The number of the BPF map that a descriptor stands for; 0: it is none. */
static uint32_t
map_id_of(const char *process, const char *number)
{
	char path[320], line[128];
	unsigned int id = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", process, number);
	file = fopen(path, "re");
	while (file && !id && fgets(line, sizeof(line), file))
		if (sscanf(line, "map_id: %u", &id) != 1)
			id = 0;
	if (file)
		fclose(file);
	return id;
}

static int
open_bpf(const char *process, const char *number, uint64_t *map_id)
{
	struct bpf_map_info info = {0};
	uint32_t id = map_id_of(process, number), size = sizeof(info);
	int fd = id ? bpf_map_get_fd_by_id(id) : -1;

	if (!id)
		return -ENOENT;
	if (fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &size) || strcmp(info.name, AREA_NAME)) {
		close(fd);
		return -ENOENT;
	}
	if (info.type != BPF_MAP_TYPE_ARRAY || info.value_size != sizeof(struct exit_area)) {
		close(fd);
		return -EBADMSG;
	}
	*map_id = id;
	return fd;
}

/* The first descriptor that is an area's. */
static int
find_area(struct emulated *emulated, pid_t pid)
{
	char process[16], path[64];
	int fd = -ENOENT, found;
	struct dirent *entry;
	DIR *folder;

	snprintf(process, sizeof(process), "%d", pid);
	snprintf(path, sizeof(path), "/proc/%s/fd", process);
	folder = opendir(path);
	if (!folder)
		return -errno;
	while (fd < 0 && (entry = readdir(folder))) {
		found = open_bpf(process, entry->d_name, &emulated->id);
		emulated->is_bpf = found >= 0;
		if (found < 0)
			found = open_memfd(process, entry->d_name, &emulated->id);
		if (found >= 0 || found == -EBADMSG)
			fd = found;
	}
	closedir(folder);
	return fd;
}

int
emulated_attach(struct emulated *emulated, pid_t pid)
{
	struct exit_table ignored = {0};
	int error;

	*emulated = (struct emulated){0};
	emulated->fd = find_area(emulated, pid);
	if (emulated->fd < 0)
		return emulated->fd;
	error = map_area(emulated, PROT_READ);
	if (error)
		return error;
	if (emulated->area->head.magic != EXIT_AREA_MAGIC ||
	    emulated->area->head.bytes != sizeof(struct exit_area) ||
	    !emulated->area->head.tsc_hz) {
		emulated_close(emulated);
		return -EBADMSG;
	}
	error = emulated_read(emulated, &ignored);
	emulated_packets(emulated, false);
	exit_table_free(&ignored);
	if (error)
		emulated_close(emulated);
	return error;
}

bool
emulated_same(const struct emulated *a, const struct emulated *b)
{
	return a->is_bpf == b->is_bpf && a->id == b->id;
}

static void
add_line(const struct exit_line *line, struct exit_line *sum)
{
	if (!__atomic_load_n(&line->count, __ATOMIC_RELAXED))
		return;
	sum->cycles += __atomic_load_n(&line->cycles, __ATOMIC_RELAXED);
	for (unsigned int b = 0; b < EXIT_HISTOGRAM_BUCKETS; b++)
		sum->counts[b] += __atomic_load_n(&line->counts[b], __ATOMIC_RELAXED);
}

static enum exit_part
first_part(const struct emulated *emulated)
{
	return emulated->metered_only ? EXIT_PART_METERED : 0;
}

/* Counts are written all the time; what a reading misses, the next one has. */
static void
sum_lines(const struct emulated *emulated, unsigned int reason, struct exit_line *sum)
{
	*sum = (struct exit_line){0};
	for (int i = 0; i < EXIT_AREA_LANES; i++)
		for (enum exit_part part = first_part(emulated); part < EXIT_PARTS; part++)
			add_line(&emulated->area->lanes[i].lines[part][reason], sum);
	for (unsigned int b = 0; b < EXIT_HISTOGRAM_BUCKETS; b++)
		sum->count += sum->counts[b];
}

static void
take_difference(const struct exit_line *now, const struct exit_line *before, double ns_per_tick,
		struct exit_latency *out)
{
	*out = (struct exit_latency){
		.ns_per_tick = ns_per_tick,
		.n = now->count - before->count,
		.sum_ticks = now->cycles - before->cycles,
		.min_ticks = UINT64_MAX,
	};
	for (unsigned int b = 0; b < EXIT_HISTOGRAM_BUCKETS; b++) {
		out->counts[b] = now->counts[b] - before->counts[b];
		if (!out->counts[b])
			continue;
		if (out->min_ticks == UINT64_MAX)
			out->min_ticks = exit_histogram_low(b);
		out->max_ticks = exit_histogram_low(b + 1) - 1;
	}
}

static int
read_reason(struct emulated *emulated, unsigned int reason, struct exit_table *table)
{
	const struct exit_area *area = emulated->area;
	char name[EXIT_AREA_NAME_BYTES];
	struct exit_latency latency;
	struct exit_line now;
	struct exit_row *row;

	sum_lines(emulated, reason, &now);
	if (now.count == emulated->before[reason].count)
		return 0;
	memcpy(name, area->names[reason], sizeof(name));
	name[sizeof(name) - 1] = '\0';
	row = exit_table_row(table, EXIT_SPACE_EMULATED, reason, name);
	if (!row)
		return -ENOMEM;
	take_difference(&now, &emulated->before[reason], 1e9 / (double)area->head.tsc_hz, &latency);
	row->count += latency.n;
	exit_latency_merge(&row->latency, &latency);
	emulated->before[reason] = now;
	return 0;
}

int
emulated_read(struct emulated *emulated, struct exit_table *table)
{
	int error = 0;

	for (unsigned int reason = 0; reason < EXIT_AREA_REASONS && !error; reason++)
		error = read_reason(emulated, reason, table);
	return error;
}

static void
sum_lane(const struct emulated *emulated, const struct exit_lane *lane, uint64_t *packets,
	 uint64_t *exits)
{
	*packets = *exits = 0;
	for (enum exit_part part = first_part(emulated); part < EXIT_PARTS; part++) {
		*packets += __atomic_load_n(&lane->packets[part], __ATOMIC_RELAXED);
		for (unsigned int reason = 0; reason < EXIT_AREA_REASONS; reason++)
			*exits +=
				__atomic_load_n(&lane->lines[part][reason].count, __ATOMIC_RELAXED);
	}
}

uint64_t
emulated_packets(struct emulated *emulated, bool exiting_only)
{
	uint64_t sum = 0, packets, exits;

	for (int i = 0; i < EXIT_AREA_LANES; i++) {
		sum_lane(emulated, &emulated->area->lanes[i], &packets, &exits);
		if (!exiting_only || exits != emulated->lanes_before[i].exits)
			sum += packets - emulated->lanes_before[i].packets;
		emulated->lanes_before[i].packets = packets;
		emulated->lanes_before[i].exits = exits;
	}
	return sum;
}

void
emulated_close(struct emulated *emulated)
{
	if (!emulated->area)
		return;
	munmap(emulated->area, sizeof(*emulated->area));
	close(emulated->fd);
	*emulated = (struct emulated){0};
}

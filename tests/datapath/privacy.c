/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a host process can reach of the guest: with the backend in a process of
 * its own, its memory map and its open files hold the shared region and nothing
 * else of the guest's, packets flow, and the region is zeroed when it is given
 * up.
 */
#include "harness.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "base/clock.h"
#include "base/scratch.h"
#include "datapath/eal.h"
#include "datapath/guest/guest.h"
#include "datapath/guest/port.h"
#include "datapath/host/backend.h"
#include "datapath/sources/source.h"

#define FRAMES 256u
#define FRAME_BYTES 200u
#define WAIT_NS 5000000000u

struct object {
	dev_t device;
	ino_t inode;
};

static struct object
object_of(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return (struct object){status.st_dev, status.st_ino};
}

/* The lines of /proc/<pid>/maps that are mappings of shared, writable, nameless or deleted files. */
struct shared_maps {
	struct object objects[512];
	unsigned int n;
};

static void
read_maps(pid_t pid, struct shared_maps *maps)
{
	char path[64], line[512], permissions[8], name[256];
	unsigned long inode;
	unsigned int major, minor;

	maps->n = 0;
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		name[0] = '\0';
		if (sscanf(line, "%*s %7s %*s %x:%x %lu %255s", permissions, &major, &minor, &inode,
			   name) < 4)
			continue;
		if (!inode || permissions[1] != 'w' || permissions[3] != 's')
			continue;
		assert_true(maps->n < 512);
		maps->objects[maps->n++] = (struct object){((dev_t)major << 8) | minor, inode};
	}
	fclose(file);
}

static bool
holds(const struct shared_maps *maps, struct object object)
{
	for (unsigned int i = 0; i < maps->n; i++)
		if (maps->objects[i].inode == object.inode)
			return true;
	return false;
}

/* The host: sends what it makes up, and takes back what the guest forwards, until it is killed. */
static void __attribute__((noreturn)) host_main(const char *path, const char *folder, int ready_fd)
{
	struct rte_mbuf *bufs[32];
	struct backend *backend;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (datapath_start(-1, folder, 0) ||
	    backend_open(&(struct backend_options){.path = path}, &backend) ||
	    backend_wait_ready(backend, 10000))
		_exit(1);
	struct rte_mempool *pool = rte_pktmbuf_pool_create(
		"other", 1024, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);

	if (!pool || rte_pktmbuf_alloc_bulk(pool, bufs, 32) || write(ready_fd, "r", 1) != 1)
		_exit(2);
	for (unsigned int i = 0; i < 32; i++)
		memset(rte_pktmbuf_append(bufs[i], FRAME_BYTES), 0x5a, FRAME_BYTES);
	for (;;) {
		struct rte_mbuf *back[32];

		backend_send(backend, 0, bufs, 32);
		rte_pktmbuf_free_bulk(back, backend_receive(backend, 0, pool, back, 32));
	}
}

/* The guest forwards FRAMES frames. */
static void
forward(struct port *port)
{
	uint64_t deadline_ns = clock_monotonic_ns() + WAIT_NS;
	struct rte_mbuf *bufs[32];
	unsigned int moved = 0;

	while (moved < FRAMES) {
		uint16_t n = port_rx_burst(port, bufs, 32), sent = port_tx_burst(port, bufs, n);

		rte_pktmbuf_free_bulk(bufs + sent, n - sent);
		moved += sent;
		assert_true(clock_monotonic_ns() < deadline_ns);
	}
}

static void
check_maps(pid_t host, const struct guest *guest)
{
	struct object region = object_of(guest->region.fd);
	static struct shared_maps theirs, ours;

	read_maps(host, &theirs);
	read_maps(getpid(), &ours);
	assert_true(holds(&theirs, region));
	assert_true(holds(&ours, region));
	for (unsigned int i = 0; i < ours.n; i++)
		if (ours.objects[i].inode != region.inode)
			assert_false(holds(&theirs, ours.objects[i]));
}

static void
check_zeroed(int fd, size_t bytes)
{
	uint8_t *memory = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	for (size_t i = 0; i < bytes; i++)
		if (memory[i])
			fail_msg("byte %zu of the region holds 0x%x after it was given up", i,
				 memory[i]);
	munmap(memory, bytes);
}

static void
host_maps_the_region_only(void **state)
{
	char path[SCRATCH_PATH_BYTES + 8];
	struct datapath_config config;
	static struct guest guest;
	static struct port port;
	int ready[2], status;
	char byte;

	(void)state;
	snprintf(path, sizeof(path), "%s/0", harness_socket_dir);
	struct guest_options options = {.config = &config, .path = path};

	datapath_config_init(&config);
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(guest_open(&guest, &options), 0);
	/* As another program would start: nothing of the guest's is inherited over exec. */
	pid_t host = fork();

	if (host == 0) {
		char fd[16];

		snprintf(fd, sizeof(fd), "%d", ready[1]);
		execl("/proc/self/exe", "privacy-host", path, harness_socket_dir, fd, NULL);
		_exit(127);
	}
	assert_true(host > 0);
	assert_int_equal(guest_connect(&guest, false, 10000), 0);
	config.sources[source_find("bounce_copy")].on = true;
	const struct port_options port_options = {.guest = &guest, .config = &config};

	assert_int_equal(port_open(&port, &port_options), 0);
	assert_int_equal(port_attach(&port), 0);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	forward(&port);
	check_maps(host, &guest);
	kill(host, SIGKILL);
	assert_int_equal(waitpid(host, &status, 0), host);

	/* The host crashed with frames in the region; giving it up wipes it all the same. */
	int fd = dup(guest.region.fd);
	size_t bytes = guest.region.size_bytes;

	port_close(&port);
	guest_close(&guest);
	check_zeroed(fd, bytes);
	close(fd);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_maps_the_region_only),
	};

	if (argc == 4)
		host_main(argv[1], argv[2], atoi(argv[3]));
	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A backend in a process of its own is killed while packets flow, and another one
 * comes: the guest as server and as client, with and without all sources, against
 * rte_vhost and against stock testpmd. Each time the guest notices, gets back every
 * buffer, counts what was lost, leaves nothing in the old memory, and packets flow
 * again.
 *
 *   test_reconnect [ROUNDS]     restarts for each case; 2 unless given
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/scratch.h"
#include "datapath/eal.h"
#include "datapath/guest/guest.h"
#include "datapath/guest/port.h"
#include "datapath/host/backend.h"
#include "datapath/sources/source.h"

#define FRAMES 300u
#define FRAME_BYTES 200u
#define WAIT_MS 10000
#define ALL_SOURCES 0x1fu

static char path[SCRATCH_PATH_BYTES + 8];
static unsigned int rounds = 2;

/* What a backend is started as. */
struct host {
	bool server;  /* it listens, the guest dials */
	bool iommu;   /* it offers VIRTIO_F_ACCESS_PLATFORM */
	bool testpmd; /* stock testpmd; else rte_vhost by our own backend */
};

/* The child: sends what it makes up and takes what comes back, until it is killed. */
static void __attribute__((noreturn)) host_main(char **argv)
{
	const struct backend_options options = {
		.path = argv[1],
		.server = argv[3][0] == 's',
		.reconnect = argv[3][0] != 's',
		.iommu = argv[4][0] == 'i',
	};
	struct rte_mbuf *bufs[32];
	struct backend *backend;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (datapath_start(-1, argv[2], 0) || backend_open(&options, &backend) ||
	    backend_wait_ready(backend, WAIT_MS))
		_exit(1);
	struct rte_mempool *pool = rte_pktmbuf_pool_create(
		"other", 1024, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);

	if (!pool || rte_pktmbuf_alloc_bulk(pool, bufs, 32))
		_exit(2);
	for (unsigned int i = 0; i < 32; i++)
		memset(rte_pktmbuf_append(bufs[i], FRAME_BYTES), 0x5a, FRAME_BYTES);
	for (;;) {
		struct rte_mbuf *back[32];

		backend_send(backend, 0, bufs, 32);
		rte_pktmbuf_free_bulk(back, backend_receive(backend, 0, pool, back, 32));
	}
}

static void __attribute__((noreturn)) exec_testpmd(const struct host *host)
{
	char device[128], lcores[32];
	int quiet = open("/dev/null", O_RDWR);

	snprintf(device, sizeof(device), "net_vhost0,iface=%s,client=%d,queues=1", path,
		 !host->server);
	snprintf(lcores, sizeof(lcores), "(0-1)@(0-%ld)", sysconf(_SC_NPROCESSORS_ONLN) - 1);
	dup2(quiet, 0);
	dup2(quiet, 1);
	dup2(quiet, 2);
	execlp("dpdk-testpmd", "dpdk-testpmd", "--no-huge", "-m", "256", "--no-pci",
	       "--no-telemetry", "--no-shconf", "--lcores", lcores, "--vdev", device, "--",
	       "--forward-mode=flowgen", "--total-num-mbufs=2048", "--stats-period=100",
	       "--no-lsc-interrupt", NULL);
	_exit(127);
}

/* Off the guest's core, to which DPDK has bound this thread: each translation would wait for a time slice. */
static void
leave_core(void)
{
	cpu_set_t others;

	CPU_ZERO(&others);
	for (int cpu = 0; cpu < sysconf(_SC_NPROCESSORS_ONLN); cpu++)
		if (cpu != sched_getcpu())
			CPU_SET(cpu, &others);
	sched_setaffinity(0, sizeof(others), &others);
}

/* A fresh program, so that nothing of the guest's is inherited over exec. */
static pid_t
start_host(const struct host *host)
{
	/* rte_vhost does not listen where a killed process has left its socket. */
	if (host->server)
		unlink(path);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	leave_core();
	setenv("RUNTIME_DIRECTORY", harness_socket_dir, 1);
	if (host->testpmd)
		exec_testpmd(host);
	execl("/proc/self/exe", "reconnect-host", path, harness_socket_dir,
	      host->server ? "server" : "client", host->iommu ? "iommu" : "plain", NULL);
	_exit(127);
}

static void
stop_host(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

/* The guest forwards FRAMES received frames; what the device does not take is dropped. */
static void
forward(struct port *port)
{
	uint64_t deadline_ns = clock_monotonic_ns() + WAIT_MS * 1000000ull;
	struct rte_mbuf *bufs[32];

	for (unsigned int received = 0; received < FRAMES;) {
		uint16_t n = port_rx_burst(port, bufs, 32), sent = port_tx_burst(port, bufs, n);

		rte_pktmbuf_free_bulk(bufs + sent, n - sent);
		received += n;
		assert_true(clock_monotonic_ns() < deadline_ns);
	}
}

/* Frames of the guest's own, which a dead backend will not take. */
static void
send_into_the_void(struct port *port, struct rte_mempool *pool)
{
	struct rte_mbuf *bufs[32];

	assert_int_equal(rte_pktmbuf_alloc_bulk(pool, bufs, 32), 0);
	for (unsigned int i = 0; i < 32; i++)
		memset(rte_pktmbuf_append(bufs[i], FRAME_BYTES), 0x77, FRAME_BYTES);
	uint16_t sent = port_tx_burst(port, bufs, 32);

	rte_pktmbuf_free_bulk(bufs + sent, 32 - sent);
}

static void
wait_until_gone(struct guest *guest)
{
	uint64_t deadline_ns = clock_monotonic_ns() + WAIT_MS * 1000000ull;

	while (!guest_peer_gone(guest))
		assert_true(clock_monotonic_ns() < deadline_ns);
}

static void
check_zeroes(const uint8_t *memory, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if (memory[i])
			fail_msg("byte %zu of %zu holds 0x%x", i, bytes, memory[i]);
}

static void
check_old_memory(int fd, size_t bytes)
{
	uint8_t *memory = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	check_zeroes(memory, bytes);
	munmap(memory, bytes);
	close(fd);
}

static uint64_t
counted(const struct port *port, const char *source, const char *name)
{
	int index = source_find(source);
	const struct counter *c = sources[index]->counters;

	if (!port->states[index])
		return 0;
	while (strcmp(c->name, name))
		c++;
	return *(const uint64_t *)((const uint8_t *)port->states[index] + c->offset);
}

/* Every buffer is in its pool or at the port's hand, and the sources hold none. */
static void
check_nothing_is_out(const struct guest *guest, const struct port *port)
{
	const struct pools *pools = &guest->queues[0].pools;
	const struct lower *lower = guest->queues[0].lower;

	assert_int_equal(lower->ops->rx_posted(lower->device), 0);
	assert_int_equal(lower->ops->tx_pending(lower->device), 0);
	assert_int_equal(rte_mempool_avail_count(pools->temporary) + port->hot_temporary.n +
				 port->spare_temporary.n,
			 pools->n_slots);
	assert_int_equal(rte_mempool_avail_count(pools->shadow) + port->hot_shadow.n,
			 pools->n_slots);
	assert_int_equal(counted(port, "bounce_alloc", "found"),
			 counted(port, "bounce_alloc", "freed"));
	assert_int_equal(counted(port, "psc", "conversions") % 2, 0);
	assert_int_equal(counted(port, "psc", "failures"), 0);
}

/* The backend has gone, or is given up: posted = returned + lost, and no trace of it remains. */
static void
disconnect(struct guest *guest, struct port *port)
{
	const struct virtio_net_queue *queue = &guest->virtio_net->queues[0];
	const struct lower *lower = guest->queues[0].lower;
	uint64_t lost_rx = queue->lost_rx_posted, lost_tx = queue->lost_tx_in_flight;
	size_t rings_bytes = (size_t)(guest->data - guest->region.base);
	int old = dup(guest->region.fd);

	lower->ops->tx_room(lower->device);
	lost_rx += lower->ops->rx_posted(lower->device);
	lost_tx += lower->ops->tx_pending(lower->device);
	assert_int_equal(guest_disconnect(guest), 0);
	assert_int_equal(queue->lost_rx_posted, lost_rx);
	assert_int_equal(queue->lost_tx_in_flight, lost_tx);
	assert_true(guest_peer_gone(guest));
	check_old_memory(old, guest->region.size_bytes);
	check_zeroes(guest->region.base + rings_bytes, guest->region.size_bytes - rings_bytes);
	check_nothing_is_out(guest, port);
}

struct fixture {
	struct datapath_config config;
	struct guest guest;
	struct port port;
};

static struct fixture *
open_guest(const struct host *host, const char *format)
{
	static struct fixture f;
	char why[256];
	const struct guest_options options = {
		.config = &f.config,
		.bounce_bytes = 8u << 20,
		.path = path,
		.client = host->server,
		.keep_name = true,
		.reply_timeout_ms = 2000,
	};

	f.config = harness_config(host->iommu ? ALL_SOURCES : harness_bit("bounce_copy"));
	assert_int_equal(option_parse(options_find(datapath_options, "ring_format"), &f.config,
				      format, why, sizeof(why)),
			 0);
	assert_int_equal(guest_open(&f.guest, &options), 0);
	return &f;
}

static void
open_port(struct fixture *f)
{
	const struct port_options options = {.guest = &f->guest, .config = &f->config};

	assert_int_equal(port_open(&f->port, &options), 0);
	assert_int_equal(port_attach(&f->port), 0);
}

static void
close_guest(struct fixture *f)
{
	port_close(&f->port);
	guest_close(&f->guest);
}

static void
survives(const struct host *host, const char *format)
{
	struct fixture *f = open_guest(host, format);

	for (unsigned int round = 0; round < rounds; round++) {
		pid_t pid = start_host(host);

		assert_int_equal(guest_connect(&f->guest, host->iommu, WAIT_MS), 0);
		if (!round)
			open_port(f);
		forward(&f->port);
		stop_host(pid);
		wait_until_gone(&f->guest);
		send_into_the_void(&f->port, f->guest.queues[0].pools.shadow);
		uint64_t lost_tx = f->guest.virtio_net->queues[0].lost_tx_in_flight;

		disconnect(&f->guest, &f->port);
		assert_true(f->guest.virtio_net->queues[0].lost_tx_in_flight > lost_tx);
	}
	close_guest(f);
	if (!host->server)
		assert_int_equal(access(path, F_OK), -1);
	else
		unlink(path);
}

static void
guest_listens(void **state)
{
	(void)state;
	survives(&(struct host){.server = false}, "split");
	survives(&(struct host){.server = false}, "packed");
	survives(&(struct host){.server = false, .iommu = true}, "split");
}

static void
guest_dials(void **state)
{
	(void)state;
	survives(&(struct host){.server = true}, "split");
	survives(&(struct host){.server = true}, "packed");
	survives(&(struct host){.server = true, .iommu = true}, "split");
}

static void
stock_testpmd(void **state)
{
	(void)state;
	if (system("command -v dpdk-testpmd >/dev/null 2>&1")) {
		puts("SKIP: dpdk-testpmd is not installed (package dpdk-dev)");
		skip();
	}
	survives(&(struct host){.testpmd = true, .server = false}, "split");
	survives(&(struct host){.testpmd = true, .server = true}, "packed");
}

static void
keep_text(enum log_level level, const char *text, void *arg)
{
	(void)level;
	strncat(arg, text, 1023 - strlen(arg));
}

/* The guest says what is missing, and takes the next backend. */
static void
refuses_a_lesser_backend(void **state)
{
	const struct host able = {.iommu = true}, lesser = {0};
	struct fixture *f = open_guest(&able, "split");
	static char said[1024];

	(void)state;
	pid_t pid = start_host(&lesser);

	log_set_sink(keep_text, said);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(guest_connect(&f->guest, true, WAIT_MS), -ENOTSUP);
	log_set_sink(NULL, NULL);
	const char *complaint = strstr(said, "the backend lacks features VIRTIO_F_ACCESS_PLATFORM");

	assert_non_null(complaint);
	assert_null(strstr(complaint + 1, "the backend lacks"));
	stop_host(pid);
	pid = start_host(&able);
	assert_int_equal(guest_connect(&f->guest, true, WAIT_MS), 0);
	open_port(f);
	forward(&f->port);
	stop_host(pid);
	close_guest(f);
}

/* A backend that lives on, though the guest gave it up, has nothing of what follows. */
static void
gives_up_a_stopped_backend(void **state)
{
	const struct host host = {0};
	struct fixture *f = open_guest(&host, "split");

	(void)state;
	pid_t stopped = start_host(&host);

	assert_int_equal(guest_connect(&f->guest, false, WAIT_MS), 0);
	open_port(f);
	forward(&f->port);
	kill(stopped, SIGSTOP);
	assert_false(guest_peer_gone(&f->guest));
	int old = dup(f->guest.region.fd);
	size_t bytes = f->guest.region.size_bytes;

	disconnect(&f->guest, &f->port);
	pid_t next = start_host(&host);

	assert_int_equal(guest_connect(&f->guest, false, WAIT_MS), 0);
	forward(&f->port);
	check_old_memory(old, bytes);
	stop_host(stopped);
	stop_host(next);
	close_guest(f);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guest_listens),
		cmocka_unit_test(guest_dials),
		cmocka_unit_test(stock_testpmd),
		cmocka_unit_test(refuses_a_lesser_backend),
		cmocka_unit_test(gives_up_a_stopped_backend),
	};

	if (argc == 5)
		host_main(argv);
	if (argc == 2)
		rounds = (unsigned int)atoi(argv[1]);
	if (harness_start(NULL))
		return 1;
	snprintf(path, sizeof(path), "%s/0", harness_socket_dir);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	harness_stop(NULL);
	return failed;
}

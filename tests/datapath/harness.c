/* SPDX-License-Identifier: BSD-3-Clause */
#include "harness.h"

#include <string.h>

#include "base/log.h"
#include "base/scratch.h"
#include "datapath/eal.h"
#include "datapath/host/traffic.h"
#include "datapath/sources/source.h"

/* Small, so that the tests' many lanes find room on a small machine. */
#define BOUNCE_POOL "8 MiB"
#define BOUNCE_BYTES (8u << 20)
/* What a test's devices take, at the most. */
#define SHARED_BYTES (160u << 20)

char harness_socket_dir[SCRATCH_PATH_BYTES];

int
harness_start(void **state)
{
	(void)state;
	if (scratch_open(harness_socket_dir))
		return -1;
	return datapath_start(-1, harness_socket_dir, SHARED_BYTES);
}

int
harness_stop(void **state)
{
	(void)state;
	scratch_close(harness_socket_dir);
	return 0;
}

static void
drop_message(enum log_level level, const char *text, void *arg)
{
	(void)level;
	(void)text;
	(void)arg;
}

void
harness_drop_messages(void)
{
	log_set_sink(drop_message, NULL);
}

struct lockstep *
harness_bench_of(const char *workload)
{
	const struct lockstep_options options = {
		.socket_dir = harness_socket_dir,
		.workload = workload,
		.verify_every = 1,
		.bounce_bytes = BOUNCE_BYTES,
	};
	struct lockstep *bench;

	assert_int_equal(lockstep_open(&options, &bench), 0);
	return bench;
}

struct lockstep *
harness_bench(void)
{
	return harness_bench_of("macswap");
}

struct lockstep *test_bench;
static struct traffic bench_traffic;

int
harness_open_bench(void **state)
{
	char why[256];

	(void)state;
	test_bench = harness_bench();
	return traffic_open("64", 1, &bench_traffic, why, sizeof(why)) ||
	       lockstep_set_traffic(test_bench, &bench_traffic);
}

int
harness_close_bench(void **state)
{
	(void)state;
	lockstep_close(test_bench);
	traffic_close(&bench_traffic);
	return 0;
}

void
harness_set(struct datapath_config *config, const char *source, const char *option,
	    const char *value)
{
	int index = source_find(source);
	char why[256];

	assert_true(index >= 0);
	const struct option_spec *spec = options_find(sources[index]->options, option);

	assert_non_null(spec);
	assert_int_equal(
		option_parse(spec, config->sources[index].options, value, why, sizeof(why)), 0);
}

struct datapath_config
harness_config(unsigned int sources_on)
{
	struct datapath_config config;

	datapath_config_init(&config);
	for (unsigned int i = 0; sources[i]; i++)
		config.sources[i].on = sources_on >> i & 1;
	harness_set(&config, "bounce_alloc", "pool", BOUNCE_POOL);
	harness_set(&config, "iotlb", "strict", "on");
	harness_set(&config, "vc", "cost", "500 cycles");
	harness_set(&config, "psc", "cost", "500 cycles");
	harness_set(&config, "interrupt", "cost", "500 cycles");
	harness_set(&config, "rmp_check", "cost", "20 cycles");
	harness_set(&config, "ide", "cost", "20 cycles");
	return config;
}

unsigned int
harness_bit(const char *source)
{
	return 1u << source_find(source);
}

static bool
acts_on_buffers(const struct source *source)
{
	return source->map || source->unmap || source == sources[source_find("bounce_copy")];
}

static bool
goes_through_a_kernel(const struct source *source)
{
	return source->application || source->through_host_kernel;
}

unsigned int
harness_sets(void)
{
	unsigned int n = 1;

	for (unsigned int i = 0; sources[i]; i++)
		n += acts_on_buffers(sources[i]);
	return 1u << n;
}

unsigned int
harness_set_of(unsigned int number)
{
	unsigned int on = 0;

	for (unsigned int i = 0; sources[i]; i++) {
		if (!acts_on_buffers(sources[i]))
			continue;
		on |= (number & 1) << i;
		number >>= 1;
	}
	for (unsigned int i = 0; sources[i]; i++)
		if (!acts_on_buffers(sources[i]) && !goes_through_a_kernel(sources[i]))
			on |= number << i;
	return on;
}

bool
harness_allowed(struct datapath_config *config)
{
	unsigned int source;

	while (datapath_config_conflict(config, &source)) {
		if (acts_on_buffers(sources[source]))
			return false;
		config->sources[source].on = false;
	}
	return true;
}

struct lane *
harness_lane(struct lockstep *bench, const struct datapath_config *config)
{
	struct lane *lane;

	assert_int_equal(lockstep_add(bench, config, "vhost-user", false, &lane), 0);
	return lane;
}

struct slice
harness_slice(struct lane *lane, uint64_t duration_ns)
{
	struct slice slice = {.duration_ns = duration_ns, .warmup_bursts = 16};

	assert_int_equal(lane_slice(lane, &slice), 0);
	return slice;
}

uint64_t
harness_counter(const struct slice *slice, const char *name)
{
	for (uint32_t i = 0; i < slice->n_counters; i++)
		if (!strcmp(slice->counters[i].name, name))
			return slice->counters[i].count;
	fail_msg("no counter %s", name);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What the datapath's tests share: DPDK, a folder for sockets, and lanes on them. */
#ifndef FOLIO_TESTS_DATAPATH_HARNESS_H
#define FOLIO_TESTS_DATAPATH_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* CMocka wants the four above. */
#include <cmocka.h>

#include "datapath/config.h"
#include "datapath/lockstep.h"

extern char harness_socket_dir[];

/* CMocka group fixtures: DPDK and the folder. DPDK starts once a process. */
int harness_start(void **state);
int harness_stop(void **state);

/* Until log_set_sink(NULL, NULL): a hostile host is complained of thousands of times. */
void harness_drop_messages(void);

/* A bench that compares every frame that comes back, whole. */
struct lockstep *harness_bench(void);
/* The same of that workload. */
struct lockstep *harness_bench_of(const char *workload);

/* A test's own bench over frames of 64 B; set-up and tear-down for cmocka. */
extern struct lockstep *test_bench;
int harness_open_bench(void **state);
int harness_close_bench(void **state);

/* A configuration with these sources on (bit i: sources[i]), strict where that is an option. */
struct datapath_config harness_config(unsigned int sources_on);

/* The bit of the source of that name. */
unsigned int harness_bit(const char *source);

/*
 * Sets of sources to try, as for harness_config(): those that act on buffers in every
 * combination, each with all others off and with all others on, but for those that go
 * through a kernel: they need privileges, and have tests of their own. There are
 * harness_sets() of them, numbered from 0.
 */
unsigned int harness_sets(void);
unsigned int harness_set_of(unsigned int number);

/* Can it work, with those left out that act on no buffers and cannot? */
bool harness_allowed(struct datapath_config *config);

/* Sets an option of a source. */
void harness_set(struct datapath_config *config, const char *source, const char *option,
		 const char *value);

struct lane *harness_lane(struct lockstep *bench, const struct datapath_config *config);

/* Runs one slice; the test fails when it fails. */
struct slice harness_slice(struct lane *lane, uint64_t duration_ns);

/* The slice's counter of that name; the test fails when there is none. */
uint64_t harness_counter(const struct slice *slice, const char *name);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/measure/round_trip.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/cpus.h"

struct relay {
	_Alignas(64) atomic_uint ping;
	_Alignas(64) atomic_uint pong;
	int asking_cpu, answering_cpu;
	double *trips_cycles;
	unsigned int n;
};

static void *
answer(void *arg)
{
	struct relay *relay = arg;
	unsigned int last = 0;

	cpu_pin(relay->answering_cpu);
	while (last != relay->n) {
		last = atomic_load_explicit(&relay->ping, memory_order_acquire);
		atomic_store_explicit(&relay->pong, last, memory_order_release);
	}
	return NULL;
}

static void *
ask(void *arg)
{
	struct relay *relay = arg;

	cpu_pin(relay->asking_cpu);
	for (unsigned int i = 1; i <= relay->n; i++) {
		uint64_t start = clock_tsc();

		atomic_store_explicit(&relay->ping, i, memory_order_release);
		while (atomic_load_explicit(&relay->pong, memory_order_acquire) != i)
			;
		relay->trips_cycles[i - 1] = (double)(clock_tsc() - start);
	}
	return NULL;
}

int
round_trip_measure(int from_cpu, int to_cpu, double *trips_cycles, unsigned int n)
{
	struct relay relay = {.asking_cpu = from_cpu,
			      .answering_cpu = to_cpu,
			      .trips_cycles = trips_cycles,
			      .n = n};
	pthread_t asking, answering;
	int error = pthread_create(&answering, NULL, answer, &relay);

	if (error)
		return -error;
	error = pthread_create(&asking, NULL, ask, &relay);
	if (error)
		atomic_store(&relay.ping, n);
	else
		pthread_join(asking, NULL);
	pthread_join(answering, NULL);
	return -error;
}

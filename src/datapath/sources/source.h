/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An overhead source: something a confidential VM's packet path pays for, as a
 * toggle. Each source is one file that exports one struct source, and one line
 * of sources[] in sources.c.
 *
 * Hooks stand where the Linux DMA API has its own: a buffer is mapped before
 * the device may reach it and unmapped when the device has given it back. They
 * take whole bursts. A NULL hook costs nothing: the port keeps a list per
 * point, built at set-up.
 *
 *   RX:  map (refill) -> device writes -> copy out -> unmap
 *   TX:  map -> copy in -> doorbell -> device reads -> unmap (completion)
 *
 * Other hooks stand at the points where a guest would exit: enum exit_point.
 */
#ifndef FOLIO_DATAPATH_SOURCE_H
#define FOLIO_DATAPATH_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/counter.h"
#include "base/fidelity.h"
#include "base/options.h"
#include "datapath/config.h"

struct exit_engine;
struct guest;
struct rte_mbuf;
struct workload_state;

enum direction { DIRECTION_RX, DIRECTION_TX };

/* Where a guest would exit, page state changes apart. Those of an interrupt a polling guest never meets. */
enum exit_point {
	POINT_DOORBELL,  /* the driver has offered buffers, and would ring the doorbell now */
	POINT_INTERRUPT, /* the device's call has woken the guest: the interrupt is injected */
	POINT_EOI,       /* the guest has taken the interrupt, and says so */
	POINT_TIMESTAMP, /* the guest reads a time stamp: once for each burst that it received */
	POINT_IDLE,      /* the guest has nothing to do, and would halt */
	POINTS,
};

/* What a source may use of its surroundings; all of it outlives the source's state. */
struct source_env {
	struct guest *guest;       /* region, pools and device */
	unsigned int queue;        /* the queue pair of the guest's that it acts on */
	struct exit_engine *exits; /* for sources that exit */
	bool copying;              /* bounce_copy is on in this configuration */
	bool lockstep;             /* the host is driven by the port's own thread */
};

struct source {
	const char *name;      /* [fixed] */
	const char *help;      /* one line, no full stop */
	const char *acts_at;   /* "packet", "burst", "exit points", ... */
	unsigned int fidelity; /* set of enum fidelity: at the most */
	/* What of it holds with these options. NULL: all, whatever they are. */
	unsigned int (*fidelity_as_set)(const void *options);

	const struct option_spec *options;   /* NULL: none; fits SOURCE_OPTIONS_BYTES */
	const struct counter *counters;      /* over what counted() returns; NULL: none */
	const void *(*counted)(void *state); /* NULL: the state itself */

	/* Shared memory it wants for bounce slots, a multiple of 2 MiB; NULL: none. */
	uint64_t (*bounce_bytes)(const void *options);
	/* Needs VIRTIO_F_ACCESS_PLATFORM, so a device of its own. */
	bool needs_iommu;
	/* Acts on the host's side: frames go through the host's kernel (host/host_path.h). */
	bool through_host_kernel;
	/* Costs exits: what stands for one (struct datapath_config's exits) adds its fidelity. */
	bool exits;
	/* Whose place its application takes: it works with no other workload. NULL: it has none. */
	const char *workload;
	/*
	 * Why it cannot work in this configuration, and what is allowed instead; NULL
	 * when it can. May be NULL: it always can.
	 */
	const char *(*conflict)(const struct datapath_config *config);

	/*
	 * Makes the state of one port. options is the setting's blob. Returns 0
	 * or -errno, after log_error() said what is wrong and what is allowed.
	 * Both NULL: the source has no state.
	 */
	int (*open)(const struct source_env *env, const void *options, void **state);
	void (*close)(void *state);
	/* The port gets its turn on a drained device. Returns 0 or -errno. May be NULL. */
	int (*attach)(void *state);

	/* A burst of n buffers becomes, or stops being, reachable by the device. Each may be NULL. */
	void (*map)(void *state, struct rte_mbuf **bufs, uint16_t n, enum direction direction);
	void (*unmap)(void *state, struct rte_mbuf **bufs, uint16_t n, enum direction direction);
	/*
	 * The device's side, where the host makes it (host/link.h): its state, which
	 * free() frees, and a burst of n frames over the device's link, either way. Both
	 * NULL: it does not act there.
	 */
	int (*link_open)(const void *options, void **state);
	void (*link_cross)(void *state, struct rte_mbuf **bufs, uint16_t n);
	/* At a point. Each may be NULL. */
	void (*at[POINTS])(void *state);
	/* The points (bit i: enum exit_point i) whose hooks act with these options; NULL: all. */
	unsigned int (*points)(const void *options);
	/*
	 * In the workload's place, as struct workload's hook, with what open() made for state;
	 * one source's at most. May be NULL.
	 */
	uint16_t (*application)(struct workload_state *state, struct rte_mbuf **bufs, uint16_t n);
};

/* NULL-terminated; the index is the source's place in struct datapath_config. At most SOURCES_MAX. */
extern const struct source *const sources[];

/* Index of the source of that name, or -ENOENT. */
int source_find(const char *name);

/* The number of sources. */
unsigned int source_count(void);

#endif

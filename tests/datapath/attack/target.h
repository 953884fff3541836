/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the attack tests attack: a guest with rings, pools, ports and sources as
 * they are shipped, and no backend: the test is the host (device.h). It runs in
 * lives: the rings begin at some position, host and guest take turns, and when
 * something is out of service or the life has been long enough, all rings begin
 * anew.
 *
 * After every turn of the guest it must hold that
 *   - no buffer has two holders, and none is handed on that was not with the device;
 *   - a length fits its buffer, and lies in the region (what the driver has) or in
 *     private memory (what the application has where there is a copy);
 *   - a copied frame is what lay in the region, with nothing written before or
 *     behind it;
 *   - as many buffers came back or are outstanding as were given;
 *   - a ring out of service stays so, moves nothing, and was named once;
 *   - queue pairs that the host treats honestly lose, damage and reorder nothing.
 * Pages without access stand on both sides of the region.
 *
 * A ring state is counted when the guest looks at a ring in service of a pair
 * under attack that the host has written to since the guest's last look.
 */
#ifndef FOLIO_TESTS_ATTACK_TARGET_H
#define FOLIO_TESTS_ATTACK_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "choices.h"
#include "datapath/config.h"
#include "datapath/guest/guest.h"
#include "datapath/guest/port.h"
#include "datapath/sources/bounce_copy.h"
#include "device.h"
#include "ledger.h"

#define TARGET_HELD_MAX 64u

struct variant {
	const char *options; /* of datapath_options[]: "ring=64 ring_format=packed" */
	const char *sources; /* that are on: "bounce_copy:mode=header vc"; "": the ideal */
	unsigned int weight; /* its share of the ring states, against the others' */
};

/* NULL options end it. One more line, one more variant under attack. */
extern const struct variant variants[];

/* Its name in messages; the text stays. */
const char *variant_name(const struct variant *variant);

/* As configuration of a guest. Aborts where an option or a source does not exist. */
void variant_configure(const struct variant *variant, struct datapath_config *config);

struct target_queue {
	struct port port;
	struct ledger ledger;
	bool honest; /* the host's treatment of this pair, in this life */
	struct rte_mbuf *held[TARGET_HELD_MAX]; /* received, still with the application */
	uint16_t n_held;
	uint32_t next_received, next_sent; /* sequence numbers of an honest pair */
	uint64_t seen_writes[2];   /* of the host's to the rings, at the guest's last look */
	uint64_t faults_before[2]; /* of the rings, in earlier lives */
	bool out[2];               /* rings out of service, as far as known */
};

struct target {
	struct datapath_config config;
	struct guest guest;
	struct device device;
	struct target_queue queues[QUEUES_MAX];
	enum copy_mode mode;
	bool chains; /* frames may take several buffers */
	uint32_t frame_bytes_max, sent_bytes_max;
	bool racing; /* the host writes at any time: what lies in the region proves nothing */
	uint64_t states, faults, lives, frames;
	unsigned int
		messages; /* of rings out of service, that nobody has asked about yet; the last: */
	char message[160];
	void *guards[2];
};

/* Opens the guest under attack. Aborts on failure. */
void target_open(struct target *target, const struct variant *variant);
void target_close(struct target *target);

/* Begins a life: which pairs are treated honestly is chosen. */
void target_begin(struct target *target, struct choices *choices);

/* The host's turn on a queue pair: some honest work, and attacks on pairs that are not treated honestly. */
void target_host(struct target *target, unsigned int queue, struct choices *choices);

/* The guest's turn: one receive burst, one transmit burst, and everything that must hold. */
void target_guest(struct target *target, unsigned int queue, struct choices *choices);

/* Is a ring of the target out of service? */
bool target_out(const struct target *target);

/* Ends a life: every buffer goes back to its pool, and each pool has all of its own. */
void target_end(struct target *target);

/* A life of at most turns. */
void target_life(struct target *target, struct choices *choices, unsigned int turns);

#endif

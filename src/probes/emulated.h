/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Emulated exits, side by side with KVM's: the area in which exit engines count
 * (base/exit_area.h) is a BPF array that is mapped, so that BPF programs see it too, or
 * a memfd where BPF is not allowed. Whoever may look at a process's descriptors can find
 * its area and read it while it runs.
 */
#ifndef FOLIO_PROBES_EMULATED_H
#define FOLIO_PROBES_EMULATED_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/exit_area.h"
#include "probes/exit_table.h"

struct emulated {
	struct exit_area *area; /* NULL: not open */
	int fd;
	bool is_bpf;       /* fd is a BPF array, else a memfd */
	bool metered_only; /* exits of metered bursts are read, and no others */
	uint64_t id;       /* of an attached one: of that array, or inode */
	/* What was read so far. */
	struct exit_line before[EXIT_AREA_REASONS];
	struct {
		uint64_t packets, exits;
	} lanes_before[EXIT_AREA_LANES];
};

/* Makes an area, for exit_area_use(). Returns 0 or -errno. */
int emulated_create(struct emulated *emulated);

/*
 * Opens that process's area, for reading only; what is in it already counts as read. Returns 0;
 * -ENOENT: it has none; -EBADMSG: it has one of another build; or another -errno.
 */
int emulated_attach(struct emulated *emulated, pid_t pid);

/* Do both read one area? A process's children have what it has. */
bool emulated_same(const struct emulated *a, const struct emulated *b);

/* Adds the exits since the last time, of all lanes. Returns 0 or -ENOMEM. */
int emulated_read(struct emulated *emulated, struct exit_table *table);

/* The packets since the last time: of all lanes, or of those alone that exited meanwhile. */
uint64_t emulated_packets(struct emulated *emulated, bool exiting_only);

/* What is not open, but zeroed, is left alone. */
void emulated_close(struct emulated *emulated);

#endif

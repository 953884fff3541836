/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/tally.h"

#include <stdio.h>

#include "datapath/guest/port.h"
#include "datapath/guest/port_inline.h"
#include "datapath/ipsec/esp_fused.h"
#include "datapath/sources/bounce_copy.h"

void
tally_add(struct tally *tally, const char *prefix, const struct counter *table, const void *state)
{
	tally->tables[tally->n++] =
		(struct tallied){.prefix = prefix, .table = table, .n = 1, .bases = {state}};
}

void
tally_add_source(struct tally *tally, const struct counter_source *source)
{
	tally_add(tally, source->prefix, source->table, source->state);
	tally->source = *source;
}

static void
update_source(const struct tally *tally)
{
	if (tally->source.update)
		tally->source.update(tally->source.state);
}

/* What all queue pairs count in one place is counted once. */
static void
add_by_queue(struct tally *tally, const char *prefix, const struct counter *table,
	     const struct port *ports, unsigned int n,
	     const void *(*base)(const struct port *port, unsigned int source), unsigned int source)
{
	struct tallied *tallied = &tally->tables[tally->n++];

	*tallied = (struct tallied){.prefix = prefix, .table = table};
	for (unsigned int q = 0; q < n; q++) {
		const uint8_t *at = base(&ports[q], source);

		if (!q || at != tallied->bases[0])
			tallied->bases[tallied->n++] = at;
	}
}

static const void *
port_base(const struct port *port, unsigned int source)
{
	(void)source;
	return port;
}

static const void *
device_base(const struct port *port, unsigned int source)
{
	(void)source;
	return port->lower->device;
}

static const void *
work_base(const struct port *port, unsigned int source)
{
	(void)source;
	return &port->work;
}

static const void *
exits_base(const struct port *port, unsigned int source)
{
	(void)source;
	return &port->exits.counts;
}

static const void *
source_base(const struct port *port, unsigned int source)
{
	void *state = port->states[source];

	return sources[source]->counted ? sources[source]->counted(state) : state;
}

static const void *
fused_base(const struct port *port, unsigned int source)
{
	(void)source;
	return esp_fused_counted(port->copy->fused);
}

static const void *
inline_base(const struct port *port, unsigned int source)
{
	(void)source;
	return port_inline_counted(port->crypto);
}

void
tally_add_ports(struct tally *tally, const struct port *ports, unsigned int n)
{
	add_by_queue(tally, "", port_counters, ports, n, port_base, 0);
	add_by_queue(tally, "device", ports[0].lower->ops->counters, ports, n, device_base, 0);
	add_by_queue(tally, "exits", exit_counters, ports, n, exits_base, 0);
	if (ports[0].work.cycles_per_packet)
		add_by_queue(tally, "work", work_counters, ports, n, work_base, 0);
	for (unsigned int i = 0; sources[i]; i++)
		if (ports[0].states[i] && sources[i]->counters)
			add_by_queue(tally, sources[i]->name, sources[i]->counters, ports, n,
				     source_base, i);
	if (ports[0].copy && ports[0].copy->fused)
		add_by_queue(tally, "fused", esp_fused_counters, ports, n, fused_base, 0);
	if (ports[0].crypto)
		add_by_queue(tally, "inline", port_inline_counters, ports, n, inline_base, 0);
}

static uint64_t
sum(const struct tallied *tallied, const struct counter *counter)
{
	uint64_t total = 0;

	for (unsigned int i = 0; i < tallied->n; i++) {
		const void *at = tallied->bases[i] + counter->offset;

		total += __atomic_load_n((const uint64_t *)at, __ATOMIC_RELAXED);
	}
	return total;
}

uint32_t
tally_begin(const struct tally *tally, struct tally_count *counts)
{
	uint32_t n = 0;

	update_source(tally);
	for (unsigned int i = 0; i < tally->n; i++) {
		const struct tallied *tallied = &tally->tables[i];

		for (const struct counter *c = tallied->table; c->name; c++) {
			struct tally_count *count = &counts[n++];

			snprintf(count->name, sizeof(count->name), "%s%s%s", tallied->prefix,
				 tallied->prefix[0] ? "." : "", c->name);
			count->unit = c->unit;
			count->help = c->help;
			count->count = -sum(tallied, c);
		}
	}
	return n;
}

void
tally_end(const struct tally *tally, struct tally_count *counts)
{
	update_source(tally);
	for (unsigned int i = 0; i < tally->n; i++)
		for (const struct counter *c = tally->tables[i].table; c->name; c++)
			(counts++)->count += sum(&tally->tables[i], c);
}

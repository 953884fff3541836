/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source bounce_copy: packets are copied between shared and private memory, once
 * per direction. This is FOLIO's one cost against the ideal (paper, T1).
 *
 * For programs that look at headers only (forwarders), mode header copies those:
 * a frame then is a private mbuf with its first COPY_HEADER_BYTES, followed by the
 * rest, untouched in shared memory and marked. Sending puts the headers back in
 * front of it. A frame that is not longer than that is copied whole.
 *
 * Mode fused moves frames by decrypting and encrypting them (ipsec/esp_fused.h): nothing
 * is copied, and nothing counts here.
 */
#include "datapath/sources/bounce_copy.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_errno.h>
#include <rte_mbuf_dyn.h>

#include "base/log.h"
#include "datapath/ipsec/esp_fused.h"

/* In the order of enum copy_mode, from COPY_SHADOW on. */
static const char *const modes[] = {"shadow", "header", "fused", NULL};

struct bounce_copy_options {
	uint32_t mode;
};

static const struct option_spec options[] = {
	{.name = "mode",
	 .type = OPTION_CHOICE,
	 .offset = offsetof(struct bounce_copy_options, mode),
	 .preset = "shadow",
	 .choices = modes,
	 .help = "what is copied: whole packets, their headers (the first 64 B), or nothing, "
		 "where decrypting ESP moves them (fused)"},
	{0},
};

static const struct counter counters[] = {
	{"copies", offsetof(struct bounce_copy, copies), "copies", "packets copied, either way"},
	{"bytes", offsetof(struct bounce_copy, bytes), "bytes", "bytes copied"},
	{0},
};

static enum copy_mode
mode_of(const void *settings)
{
	const struct bounce_copy_options *chosen = settings;

	return COPY_SHADOW + chosen->mode;
}

enum copy_mode
bounce_copy_mode(const struct datapath_config *config)
{
	const struct source_setting *setting = &config->sources[source_find("bounce_copy")];

	return setting->on ? mode_of(setting->options) : COPY_NONE;
}

static const char *
fused_conflict(const struct datapath_config *config)
{
	if (config->mergeable)
		return "mode fused decrypts frames of one buffer, allowed: mergeable: off";
	if (config->queues > 1)
		return "mode fused has one association each way, whose numbers are one queue's, "
		       "allowed: queues: 1";
	return NULL;
}

/* What unmaps a buffer takes it from the device and may move it: the payload would be gone. */
static const char *
bounce_copy_conflict(const struct datapath_config *config)
{
	if (bounce_copy_mode(config) == COPY_FUSED)
		return fused_conflict(config);
	if (bounce_copy_mode(config) != COPY_HEADER)
		return NULL;
	for (unsigned int i = 0; sources[i]; i++)
		if (config->sources[i].on && sources[i]->unmap)
			return "mode header hands the payload on in shared memory, which no other "
			       "source may unmap before it is sent, allowed: mode: shadow, or "
			       "bounce_alloc, psc, iotlb and rmp_check off";
	return NULL;
}

static int
mark_untrusted(struct bounce_copy *copy)
{
	const struct rte_mbuf_dynflag flag = {.name = COPY_UNTRUSTED_FLAG};
	int bit = rte_mbuf_dynflag_register(&flag);

	if (bit < 0) {
		log_error("mbuf flag %s: %s", flag.name, rte_strerror(rte_errno));
		return -rte_errno;
	}
	copy->untrusted_flag = 1ull << bit;
	return 0;
}

static int
bounce_copy_open(const struct source_env *env, const void *settings, void **state)
{
	struct bounce_copy *copy = calloc(1, sizeof(*copy));
	int error = 0;

	(void)env;
	if (!copy)
		return -ENOMEM;
	copy->mode = mode_of(settings);
	if (copy->mode == COPY_HEADER)
		error = mark_untrusted(copy);
	if (error)
		free(copy);
	else
		*state = copy;
	return error;
}

static void
bounce_copy_close(void *state)
{
	esp_fused_close(((struct bounce_copy *)state)->fused);
	free(state);
}

const struct source source_bounce_copy = {
	.name = "bounce_copy",
	.help = "copy between shared and private memory",
	.acts_at = "packet",
	.fidelity = FIDELITY_REAL,
	.options = options,
	.counters = counters,
	.conflict = bounce_copy_conflict,
	.open = bounce_copy_open,
	.close = bounce_copy_close,
};

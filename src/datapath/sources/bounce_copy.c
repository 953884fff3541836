/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source bounce_copy: packets are copied between shared and private memory, once
 * per direction. This is FOLIO's one cost against the ideal (paper, T1).
 */
#include "datapath/sources/bounce_copy.h"

#include <errno.h>
#include <stdlib.h>

/* The one mode there is: header and payload, into and out of the shadow pool (paper, 5.2). */
static const char *const modes[] = {"shadow", NULL};

struct bounce_copy_options {
	uint32_t mode;
};

static const struct option_spec options[] = {
	{.name = "mode",
	 .type = OPTION_CHOICE,
	 .offset = offsetof(struct bounce_copy_options, mode),
	 .preset = "shadow",
	 .choices = modes,
	 .help = "what is copied: whole packets, to and from the private shadow pool"},
	{0},
};

static const struct counter counters[] = {
	{"copies", offsetof(struct bounce_copy, copies), "copies", "packets copied, either way"},
	{"bytes", offsetof(struct bounce_copy, bytes), "bytes", "bytes copied"},
	{0},
};

static int
bounce_copy_open(const struct source_env *env, const void *settings, void **state)
{
	(void)env;
	(void)settings;
	*state = calloc(1, sizeof(struct bounce_copy));
	return *state ? 0 : -ENOMEM;
}

const struct source source_bounce_copy = {
	.name = "bounce_copy",
	.help = "copy between shared and private memory",
	.acts_at = "packet",
	.fidelity = FIDELITY_REAL,
	.options = options,
	.counters = counters,
	.open = bounce_copy_open,
	.close = free,
};

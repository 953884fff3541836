/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of workloads. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "datapath/sources/bounce_copy.h"
#include "datapath/workloads/workload.h"

extern const struct workload workload_ipsec_echo, workload_macswap, workload_udp_echo,
	workload_udp_sink;

const struct workload *const workloads[] = {
	&workload_macswap, &workload_udp_echo, &workload_udp_sink, &workload_ipsec_echo, NULL,
};

const struct workload *
workload_find(const char *name)
{
	for (const struct workload *const *w = workloads; *w; w++)
		if (!strcmp((*w)->name, name))
			return *w;
	return NULL;
}

const char *
workload_conflict(const struct workload *workload, const struct datapath_config *config)
{
	if (!workload->esp && bounce_copy_mode(config) == COPY_FUSED)
		return "the copy mode fused decrypts ESP, allowed: workload ipsec_echo, or "
		       "bounce_copy: {mode: shadow}";
	if (!workload->esp && config->esp.crypto == ESP_CRYPTO_INLINE)
		return "esp_crypto: inline is a thread that decrypts ESP, allowed: workload "
		       "ipsec_echo, or esp_crypto: cpu";
	return workload->conflict ? workload->conflict(config) : NULL;
}

bool
workload_wants_esp(const struct workload *workload, const struct datapath_config *config)
{
	return workload->esp && config->esp.crypto != ESP_CRYPTO_NONE;
}

int
workload_open(const struct workload *workload, const struct datapath_config *config,
	      struct workload_state *state, struct application *application)
{
	const char *why = workload_conflict(workload, config);

	*application = (struct application){workload->burst, state};
	if (!why)
		return workload->open ? workload->open(config, application) : 0;
	log_error("workload %s: %s", workload->name, why);
	return -ENOTSUP;
}

void
workload_close(const struct workload *workload, struct workload_state *state)
{
	if (workload->close)
		workload->close(state);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/config.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/fidelity.h"
#include "base/log.h"
#include "datapath/exits/exit.h"
#include "datapath/sources/source.h"

void
datapath_config_init(struct datapath_config *config)
{
	/* Padding too: configurations are compared byte for byte. */
	memset(config, 0, sizeof(*config));
	options_defaults(datapath_options, config);
	for (unsigned int i = 0; sources[i]; i++)
		if (sources[i]->options)
			options_defaults(sources[i]->options, config->sources[i].options);
}

unsigned int
datapath_config_source_fidelity(const struct datapath_config *config, unsigned int source)
{
	const struct source *of = sources[source];
	unsigned int set = of->fidelity_as_set ?
				   of->fidelity_as_set(config->sources[source].options) :
				   of->fidelity;

	return of->exits ? set | exit_backends[config->exits]->fidelity : set;
}

unsigned int
datapath_config_fidelity(const struct datapath_config *config)
{
	if (config->device == DEVICE_VIRTIO_USER)
		return FIDELITY_REAL;

	int copy = source_find("bounce_copy");
	unsigned int set = config->sources[copy].on ? 0 : FIDELITY_STAND_IN;

	for (unsigned int i = 0; sources[i]; i++)
		if (config->sources[i].on)
			set |= datapath_config_source_fidelity(config, i);
	return set;
}

static const char *
doorbell_conflict(const struct datapath_config *config)
{
	if (config->kvm_doorbell != KVM_DOORBELL_MMIO &&
	    strcmp(exit_backend_names[config->exits], "kvm") != 0)
		return "kvm_doorbell is of exits kvm, allowed: kvm_doorbell: mmio, or exits: kvm";
	return NULL;
}

static const char *
devargs_conflict(const struct datapath_config *config)
{
	if (config->device == DEVICE_VHOST_USER && *config->devargs)
		return "device vhost-user has no devargs, allowed: devargs: \"\"";
	return NULL;
}

static const char *
device_conflict(const struct datapath_config *config)
{
	switch ((enum device_kind)config->device) {
	case DEVICE_VHOST_USER:
		break;
	case DEVICE_VIRTIO_USER:
		if (config->event_idx || config->notify & NOTIFY_CALL)
			return "device virtio-user has no event indices and asks for no calls, "
			       "allowed: "
			       "event_idx: off, and notify: none or kick";
		if (config->mergeable)
			return "device virtio-user merges buffers as its devargs say, allowed: "
			       "mergeable: off, or devargs: \"mrg_rxbuf=1\" instead";
		break;
	case DEVICE_ETHDEV:
		if (!*config->devargs)
			return "device ethdev needs the port's devargs, allowed: such as "
			       "devargs: 0000:01:00.0";
		if (config->mergeable || config->event_idx || config->notify || config->format)
			return "device ethdev has rings of its driver's own, allowed: ring_format, "
			       "mergeable, event_idx and notify as they are by default";
		break;
	}
	return NULL;
}

bool
datapath_config_option_conflict(const struct datapath_config *config,
				struct option_conflict *conflict)
{
	static const struct {
		const char *option;
		const char *(*conflict)(const struct datapath_config *config);
	} checks[] = {
		{"devargs", devargs_conflict},
		{"device", device_conflict},
		{"kvm_doorbell", doorbell_conflict},
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		const char *why = checks[i].conflict(config);

		if (!why)
			continue;
		*conflict = (struct option_conflict){.option = checks[i].option};
		snprintf(conflict->why, sizeof(conflict->why), "%s", why);
		return true;
	}
	return esp_options_conflict(&config->esp, conflict);
}

static const char *
source_conflict(const struct datapath_config *config, const struct source *source)
{
	if (config->device == DEVICE_VIRTIO_USER)
		return "device virtio-user has no FOLIO layer, where a source would act, allowed: "
		       "device: vhost-user, or all sources off";
	if (config->device == DEVICE_ETHDEV &&
	    (source->map || source->unmap || source->needs_iommu))
		return "device ethdev takes and frees its buffers by itself, where this source "
		       "would "
		       "act, allowed: device: vhost-user, or the source off";
	return source->conflict ? source->conflict(config) : NULL;
}

const char *
datapath_config_conflict(const struct datapath_config *config, unsigned int *source)
{
	for (unsigned int i = 0; sources[i]; i++) {
		const char *why = config->sources[i].on ? source_conflict(config, sources[i]) :
							  NULL;

		if (!why)
			continue;
		*source = i;
		return why;
	}
	return NULL;
}

int
datapath_config_check(const struct datapath_config *config)
{
	struct option_conflict conflict;
	unsigned int source;
	const char *why;

	if (datapath_config_option_conflict(config, &conflict)) {
		log_error("%s: %s", conflict.option, conflict.why);
		return -ENOTSUP;
	}
	why = datapath_config_conflict(config, &source);
	if (!why)
		return 0;
	log_error("source %s: %s", sources[source]->name, why);
	return -ENOTSUP;
}

int
datapath_config_other_workload(const struct datapath_config *config, const char *workload)
{
	for (int i = 0; sources[i]; i++)
		if (config->sources[i].on && sources[i]->workload &&
		    strcmp(sources[i]->workload, workload))
			return i;
	return -1;
}

bool
datapath_config_through_host_kernel(const struct datapath_config *config)
{
	for (unsigned int i = 0; sources[i]; i++)
		if (config->sources[i].on && sources[i]->through_host_kernel)
			return true;
	return false;
}

bool
datapath_config_needs_iommu(const struct datapath_config *config)
{
	for (unsigned int i = 0; sources[i]; i++)
		if (config->sources[i].on && sources[i]->needs_iommu)
			return true;
	return false;
}

static void
describe_source(FILE *file, const struct source *source, const void *settings)
{
	const char *separator = "(";
	char value[OPTION_TEXT_BYTES];

	fputs(source->name, file);
	for (const struct option_spec *option = source->options; option && option->name; option++) {
		fprintf(file, "%s%s=%s", separator, option->name,
			option_format(option, settings, value, sizeof(value)));
		separator = ", ";
	}
	fputs(separator[0] == ',' ? ")" : "", file);
}

const char *
datapath_config_describe(const struct datapath_config *config, char *buf, size_t size)
{
	FILE *file = fmemopen(buf, size, "w");
	const char *separator = "";

	buf[0] = '\0';
	if (!file)
		return buf;
	for (unsigned int i = 0; sources[i]; i++) {
		if (!config->sources[i].on)
			continue;
		fputs(separator, file);
		describe_source(file, sources[i], config->sources[i].options);
		separator = " ";
	}
	fclose(file);
	buf[size - 1] = '\0';
	return buf;
}

uint64_t
datapath_config_bounce_bytes(const struct datapath_config *config)
{
	uint64_t bytes = 0;

	for (unsigned int i = 0; sources[i]; i++)
		if (config->sources[i].on && sources[i]->bounce_bytes)
			bytes += sources[i]->bounce_bytes(config->sources[i].options);
	return bytes;
}

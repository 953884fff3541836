/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one configuration of the datapath is made of: its ring, its exits and
 * its overhead sources. A plain value: copying it copies all of it, and two
 * that compare equal byte for byte behave alike.
 */
#ifndef FOLIO_DATAPATH_CONFIG_H
#define FOLIO_DATAPATH_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/options.h"
#include "datapath/ipsec/esp_options.h"

#define SOURCES_MAX 16
#define QUEUES_MAX 8
#define SOURCE_OPTIONS_BYTES 64

/* What the guest drives; in the order of the option's choices. */
enum device_kind { DEVICE_VHOST_USER, DEVICE_VIRTIO_USER, DEVICE_ETHDEV };

struct source_setting {
	bool on;
	_Alignas(8) unsigned char options[SOURCE_OPTIONS_BYTES]; /* as the source's table says */
};

/*
 * Notifications that are sent although both sides poll. A kick costs the guest a
 * system call, a call costs the host one, and nothing else changes.
 */
enum notification {
	NOTIFY_KICK = 1, /* the backend asks for kicks */
	NOTIFY_CALL = 2, /* the driver asks for calls (interrupts) */
};

/* By what the doorbell leaves a micro-VM. */
enum kvm_doorbell { KVM_DOORBELL_MMIO, KVM_DOORBELL_PIO, KVM_DOORBELL_IOEVENTFD };

struct datapath_config {
	uint32_t device;                            /* enum device_kind */
	char devargs[OPTION_TEXT_BYTES];            /* for DPDK's driver */
	uint32_t ring_size;                         /* descriptors in each ring, a power of two */
	uint32_t format;                            /* index into virtqueue_formats[] */
	bool mergeable;                             /* VIRTIO_NET_F_MRG_RXBUF, and chains sent */
	bool event_idx;                             /* VIRTIO_F_RING_EVENT_IDX */
	uint32_t notify;                            /* set of enum notification */
	uint32_t queues;                            /* queue pairs, 1 to QUEUES_MAX */
	uint32_t burst;                             /* most packets a burst call moves */
	uint32_t exits;                             /* index into exit_backends[] */
	uint32_t kvm_doorbell;                      /* enum kvm_doorbell */
	uint32_t memory;                            /* index into memory_names[] */
	uint64_t work_cycles;                       /* per packet, of the application itself */
	struct esp_options esp;                     /* of workload ipsec_echo */
	struct source_setting sources[SOURCES_MAX]; /* in the order of sources[] */
};

/* The options of struct datapath_config that are not a source's. */
extern const struct option_spec datapath_options[];

/* Defaults everywhere, every source off (its options at their defaults): the ideal. */
void datapath_config_init(struct datapath_config *config);

/*
 * The fidelity of what this configuration measures: where no source copies,
 * shared memory stands in for the private memory that a TIO device would reach
 * (stand-in); each source that is on adds its own, and one that exits that of what
 * stands for an exit. virtio-user is what it is: real.
 */
unsigned int datapath_config_fidelity(const struct datapath_config *config);

/* The part that a source, by its index, has in it while it is on. */
unsigned int datapath_config_source_fidelity(const struct datapath_config *config,
					     unsigned int source);

/*
 * Is there an option of the datapath, other than a source's, that cannot work with those
 * beside it? One that had no effect would make a table that says what is not so. *conflict
 * then says which, and why.
 */
bool datapath_config_option_conflict(const struct datapath_config *config,
				     struct option_conflict *conflict);

/*
 * Why a source cannot work as configured; NULL when all that are on can. *source
 * gets the index of the one that cannot.
 */
const char *datapath_config_conflict(const struct datapath_config *config, unsigned int *source);

/* 0, or -ENOTSUP after log_error() said what cannot work and why. */
int datapath_config_check(const struct datapath_config *config);

/*
 * The source, by index, that is on and takes the place of another workload than this one;
 * -1: none does.
 */
int datapath_config_other_workload(const struct datapath_config *config, const char *workload);

/* Does a source that is on send frames through the host's kernel? */
bool datapath_config_through_host_kernel(const struct datapath_config *config);

/* Does a source that is on need a device that translates (VIRTIO_F_ACCESS_PLATFORM)? */
bool datapath_config_needs_iommu(const struct datapath_config *config);

/* Longest text that datapath_config_describe() writes, with its final NUL. */
#define CONFIG_TEXT_BYTES 1024

/*
 * The sources that are on, with their options: "bounce_copy(mode=shadow)
 * vc(at=doorbell, cost=10086 cycles)". Returns buf; cut where size ends.
 */
const char *datapath_config_describe(const struct datapath_config *config, char *buf, size_t size);

/* Bytes of shared memory that its sources want for bounce slots of their own. */
uint64_t datapath_config_bounce_bytes(const struct datapath_config *config);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Private memory of KVM's: what this kernel offers of it. */
#ifndef FOLIO_DATAPATH_PSC_GUEST_MEMFD_H
#define FOLIO_DATAPATH_PSC_GUEST_MEMFD_H

#include <stdbool.h>

struct guest_memfd_support {
	int error;        /* of opening the KVM device or making a VM, an errno; 0: none */
	bool guest_memfd; /* KVM_CREATE_GUEST_MEMFD (Linux 6.8) */
	/* A VM without memory encryption whose pages are private or shared: KVM_SET_MEMORY_ATTRIBUTES. */
	bool attributes;
};

/* Tries it, and leaves nothing behind. */
void guest_memfd_probe(struct guest_memfd_support *support);

#endif

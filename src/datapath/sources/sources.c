/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of overhead sources. Its order is the order in which they map; they unmap in reverse. */
#include <stddef.h>

#include "datapath/sources/source.h"

extern const struct source source_bounce_alloc;
extern const struct source source_bounce_copy;
extern const struct source source_host_path;
extern const struct source source_ide;
extern const struct source source_interrupt;
extern const struct source source_iotlb;
extern const struct source source_memory_encryption;
extern const struct source source_kernel_path;
extern const struct source source_psc;
extern const struct source source_register_encryption;
extern const struct source source_rmp_check;
extern const struct source source_tlb_check;
extern const struct source source_vc;
extern const struct source source_vmexit_check;

/* bounce_alloc stands first: it decides where the data lies, which the others act on. */
/* clang-format off */
const struct source *const sources[] = {
	&source_bounce_alloc,
	&source_bounce_copy,
	&source_psc,
	&source_iotlb,
	&source_vc,
	&source_interrupt,
	&source_vmexit_check,
	&source_register_encryption,
	&source_tlb_check,
	&source_rmp_check,
	&source_ide,
	&source_memory_encryption,
	&source_kernel_path,
	&source_host_path,
	NULL,
};
/* clang-format on */

_Static_assert(sizeof(sources) / sizeof(sources[0]) - 1 <= SOURCES_MAX,
	       "struct datapath_config has no room for another source");

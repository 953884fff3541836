/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's own types: which tracepoints it has for BPF. */
#ifndef FOLIO_PROBES_KERNEL_BTF_H
#define FOLIO_PROBES_KERNEL_BTF_H

#include <stdbool.h>

struct kernel_btf;

/* The kernel's, and that of its kvm modules where they are ones. Returns 0 or -errno. */
int kernel_btf_open(struct kernel_btf **btf);

/* Can a BPF program be attached to that tracepoint with its arguments as they are? */
bool kernel_btf_has_tracepoint(const struct kernel_btf *btf, const char *name);

/* NULL is left alone. */
void kernel_btf_close(struct kernel_btf *btf);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "probes/kernel_btf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <bpf/btf.h>

static const char *const modules[] = {"kvm", "kvm_amd", "kvm_intel"};

#define N_MODULES (sizeof(modules) / sizeof(modules[0]))

struct kernel_btf {
	struct btf *vmlinux;
	struct btf *of_module[N_MODULES]; /* NULL: built in, or not there */
};

int
kernel_btf_open(struct kernel_btf **btf)
{
	struct kernel_btf *opened = calloc(1, sizeof(*opened));

	if (!opened)
		return -ENOMEM;
	opened->vmlinux = btf__load_vmlinux_btf();
	if (!opened->vmlinux) {
		int error = -errno;

		free(opened);
		return error;
	}
	for (size_t i = 0; i < N_MODULES; i++)
		opened->of_module[i] = btf__load_module_btf(modules[i], opened->vmlinux);
	*btf = opened;
	return 0;
}

bool
kernel_btf_has_tracepoint(const struct kernel_btf *btf, const char *name)
{
	char type[96];

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	if (btf__find_by_name_kind(btf->vmlinux, type, BTF_KIND_TYPEDEF) > 0)
		return true;
	for (size_t i = 0; i < N_MODULES; i++)
		if (btf->of_module[i] &&
		    btf__find_by_name_kind(btf->of_module[i], type, BTF_KIND_TYPEDEF) > 0)
			return true;
	return false;
}

void
kernel_btf_close(struct kernel_btf *btf)
{
	if (!btf)
		return;
	for (size_t i = 0; i < N_MODULES; i++)
		btf__free(btf->of_module[i]);
	btf__free(btf->vmlinux);
	free(btf);
}

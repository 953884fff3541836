/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A table of sources that has only the copy, which the packet path knows by name, in the
 * place of sources.c: the command without all others, for off.sh.
 */
#include <stddef.h>

#include "datapath/sources/source.h"

extern const struct source source_bounce_copy;

const struct source *const sources[] = {&source_bounce_copy, NULL};

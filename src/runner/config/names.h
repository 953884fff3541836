/* SPDX-License-Identifier: BSD-3-Clause */
/* Names that only configuration files hold, on top of base's. */
#ifndef FOLIO_RUNNER_NAMES_H
#define FOLIO_RUNNER_NAMES_H

#include "base/names.h"

void names_add_presets(struct names *names);

#endif

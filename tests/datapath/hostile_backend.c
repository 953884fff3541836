/* SPDX-License-Identifier: BSD-3-Clause */
#include "hostile_backend.h"

#include "base/log.h"

struct scripted_backend backend;

int
hostile_set_up(void **state)
{
	if (harness_start(state) || scripted_open(&backend))
		return -1;
	harness_drop_messages();
	return 0;
}

int
hostile_tear_down(void **state)
{
	log_set_sink(NULL, NULL);
	scripted_close(&backend);
	return harness_stop(state);
}

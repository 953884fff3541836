/* SPDX-License-Identifier: BSD-3-Clause */
/* folio doctor: other people's software. */
#include <stdio.h>
#include <string.h>

#include "datapath/eal.h"
#include "runner/commands/doctor.h"

/* The distribution's own: another one earlier on PATH does not see its packages. */
#define PYTHON "/usr/bin/python3"
#define SHOW_VERSION "'import matplotlib; print(matplotlib.__version__)'"

void
doctor_dpdk(struct finding *f)
{
	/* folio is linked with it: it would not have started without. */
	finding_set(f, VERDICT_OK, "%s", datapath_dpdk_version());
}

void
doctor_matplotlib(struct finding *f)
{
	FILE *pipe = popen(PYTHON " -c " SHOW_VERSION " 2>/dev/null", "re");
	char version[32] = "";

	if (pipe && fgets(version, sizeof(version), pipe))
		version[strcspn(version, "\n")] = '\0';
	if (pipe && pclose(pipe) == 0 && version[0]) {
		finding_set(f, VERDICT_OK, "%s, by " PYTHON, version);
		return;
	}
	finding_set(f, VERDICT_MISSING, PYTHON " has none, or is not there");
	finding_get_it(f, "as root: apt-get install python3-matplotlib");
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/results/first_files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "datapath/config.h"
#include "runner/results/record.h"

/* Every one, with manifest.json and blocks.csv, which say more of the run than its beginning. */
static const char *const first_files[] = {"manifest.json", "config.yaml", "plan.csv",
					  "blocks.csv",    "trials.csv",  "exits.csv"};

static int
write_plan(const struct folder *folder, const struct experiment *experiment)
{
	char *text;
	size_t size;
	int err = plan_to_csv(experiment, &text, &size);

	if (err)
		log_error("%s/plan.csv: %s", folder->path, strerror(-err));
	else
		err = folder_write(folder, "plan.csv", text, size);
	free(text);
	return err;
}

static bool
has_secret(const struct experiment *experiment)
{
	for (uint32_t i = 0; i < experiment->n_configurations; i++)
		if (options_any_secret(datapath_options, &experiment->configurations[i].config))
			return true;
	return false;
}

static int
write_config(const struct folder *folder, const struct experiment *experiment)
{
	const char *text = experiment->resolved;

	return has_secret(experiment) ?
		       folder_write_private(folder, "config.yaml", text, strlen(text)) :
		       folder_write(folder, "config.yaml", text, strlen(text));
}

int
first_files_write(const struct folder *folder, const struct experiment *experiment)
{
	int err = 0;

	if (!folder_has(folder, "config.yaml"))
		err = write_config(folder, experiment);
	if (!err && !folder_has(folder, "plan.csv"))
		err = write_plan(folder, experiment);
	if (!err && !folder_has(folder, "trials.csv"))
		err = folder_write(folder, "trials.csv", TRIALS_COLUMNS "\n",
				   strlen(TRIALS_COLUMNS "\n"));
	if (!err && !folder_has(folder, "exits.csv"))
		err = folder_write(folder, "exits.csv", EXITS_COLUMNS "\n",
				   strlen(EXITS_COLUMNS "\n"));
	return err;
}

void
first_files_remove(const struct folder *folder)
{
	for (size_t i = 0; i < sizeof(first_files) / sizeof(first_files[0]); i++)
		unlinkat(folder->fd, first_files[i], 0);
	if (folder->made)
		rmdir(folder->path);
}

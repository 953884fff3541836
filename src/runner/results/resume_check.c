/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/results/resume_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "runner/config/node_diff.h"
#include "runner/config/yaml.h"
#include "runner/results/record.h"

#define PLAN_BYTES_MAX ((size_t)256 << 20)

/* The resolved configuration in the folder against the experiment's: names the first key that differs. */
static void
name_difference(const char *config, const char *resolved)
{
	char difference[NODE_DIFFERENCE_BYTES];
	struct node *then = NULL, *now = NULL;

	if (!yaml_read_text("config.yaml", config, &then) &&
	    !yaml_read_text("the configuration", resolved, &now) &&
	    node_difference(then, now, difference, sizeof(difference)))
		log_error("the configuration is not that of the run: %s", difference);
	node_free(then);
	node_free(now);
}

static int
refuse_change(const struct folder *folder, const struct manifest *manifest,
	      const struct experiment *experiment)
{
	char hash[MANIFEST_TEXT_BYTES], *config = NULL;

	if (folder_has(folder, "config.yaml") &&
	    !folder_read(folder, "config.yaml", YAML_FILE_BYTES_MAX, &config))
		name_difference(config, experiment->resolved);
	free(config);
	log_error("%s: found a configuration with hash %s, allowed: that of the run (%s); leave "
		  "CONFIG and --set away to take the folder's own",
		  folder->path, manifest_config_hash(experiment->resolved, hash),
		  manifest->config_hash);
	return -ESTALE;
}

/* A file that must say what it said when the run began. */
static int
check_file(const struct folder *folder, const char *name, const char *wanted, size_t size_max)
{
	char *found;
	int err;

	if (!folder_has(folder, name))
		return 0;
	err = folder_read(folder, name, size_max, &found);
	if (err)
		return err;
	unsigned int line = 1;
	size_t same = 0;

	for (; found[same] && found[same] == wanted[same]; same++)
		line += found[same] == '\n';
	if (found[same] != wanted[same]) {
		log_error("%s/%s:%u: damaged, or of another version of folio: it is not what this "
			  "one makes of the run's configuration",
			  folder->path, name, line);
		err = -EBADMSG;
	}
	free(found);
	return err;
}

static int
check_plan(const struct folder *folder, const struct experiment *experiment)
{
	char *plan;
	size_t size;
	int err = plan_to_csv(experiment, &plan, &size);

	if (err)
		log_error("%s/plan.csv: %s", folder->path, strerror(-err));
	else
		err = check_file(folder, "plan.csv", plan, PLAN_BYTES_MAX);
	free(plan);
	return err;
}

int
resume_check(const struct folder *folder, const struct manifest *manifest,
	     const struct experiment *experiment)
{
	char hash[MANIFEST_TEXT_BYTES];
	int err;

	if (strcmp(manifest->config_hash, manifest_config_hash(experiment->resolved, hash)))
		return refuse_change(folder, manifest, experiment);
	err = check_file(folder, "config.yaml", experiment->resolved, YAML_FILE_BYTES_MAX);
	return err ? err : check_plan(folder, experiment);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/report/figures.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "runner/build.h"

/* The distribution's own: another Python earlier on PATH may lack matplotlib. */
#define PYTHON "/usr/bin/python3"

#define FIGURES_MAX 6

const struct figure figures[FIGURES_MAX + 1] = {
	{"breakdown.py", "figures/breakdown.png", "What each overhead source adds, per packet",
	 MATERIAL_SUMMARY},
	{"waterfall.py", "figures/waterfall.png", "From the ideal to naive, source by source",
	 MATERIAL_ATTRIBUTION},
	{"latency.py", "figures/latency.png", "Latency of frames at a set rate, by configuration",
	 MATERIAL_LATENCY},
	{"throughput.py", "figures/throughput.png", "Packets per second by traffic",
	 MATERIAL_THROUGHPUT},
	{"heat.py", "figures/heat.png",
	 "Guest cycles against the reference's, across what was swept", MATERIAL_SWEEP},
	{"exits.py", "figures/exits.png", "VM exits: how often, and for how long", MATERIAL_EXITS},
	{NULL, NULL, NULL, 0},
};

/* Finds a script beside the program, in the tree that holds its build folder, or where it was built. */
static int
find_script(const char *name, char *out, size_t size)
{
	char exe[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	const char *const places[] = {"/plots", "/../plots"};
	char *slash;

	exe[length > 0 ? length : 0] = '\0';
	slash = strrchr(exe, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; slash && i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(out, size, "%s%s/%s", exe, places[i], name);
		if (access(out, R_OK) == 0)
			return 0;
	}
	snprintf(out, size, "%s/%s", BUILD_PLOTS_DIR, name);
	return access(out, R_OK) == 0 ? 0 : -errno;
}

/* Returns the process, or -1 after a warning. */
static pid_t
start_script(const struct figure *figure, const struct folder *folder)
{
	char script[PATH_MAX + 64], python[] = PYTHON, no_bytecode[] = "-B",
				    path[FOLDER_PATH_BYTES];
	char *argv[] = {python, no_bytecode, script, path, NULL};
	pid_t pid;
	int err;

	snprintf(path, sizeof(path), "%s", folder->path);
	err = find_script(figure->script, script, sizeof(script));
	if (err) {
		log_warning("%s is not drawn: %s: %s", figure->path, script, strerror(-err));
		return -1;
	}
	err = posix_spawn(&pid, PYTHON, NULL, NULL, argv, environ);
	if (err) {
		log_warning("%s is not drawn: " PYTHON ": %s (package python3)", figure->path,
			    strerror(err));
		return -1;
	}
	return pid;
}

/* The script itself says what is wrong, unless a signal ended it. */
static void
wait_for_script(const struct figure *figure, pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		log_warning("%s is not drawn: signal %d ended %s", figure->path, WTERMSIG(status),
			    figure->script);
}

void
figures_draw(const struct folder *folder, unsigned int material)
{
	struct stat status;
	pid_t pids[FIGURES_MAX];

	if (mkdirat(folder->fd, "figures", 0777) != 0 &&
	    (errno != EEXIST || fstatat(folder->fd, "figures", &status, AT_SYMLINK_NOFOLLOW) != 0 ||
	     !S_ISDIR(status.st_mode))) {
		log_warning("%s/figures: cannot make the folder: %s", folder->path,
			    strerror(errno));
		return;
	}
	for (size_t i = 0; i < FIGURES_MAX; i++) {
		unlinkat(folder->fd, figures[i].path, 0); /* an old one must not pass for the new */
		pids[i] = figures[i].needs & ~material ? -1 : start_script(&figures[i], folder);
	}
	for (size_t i = 0; i < FIGURES_MAX; i++)
		if (pids[i] > 0)
			wait_for_script(&figures[i], pids[i]);
}

bool
figure_exists(const struct folder *folder, const struct figure *figure)
{
	return faccessat(folder->fd, figure->path, R_OK, 0) == 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A profile is written into a file without a name, which gets its name when it is whole:
 * a process that is killed before leaves nothing.
 */
#include "runner/calibrate/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "runner/build.h"
#include "runner/calibrate/calibration.h"
#include "runner/config/node.h"
#include "runner/config/node_write.h"
#include "runner/results/machine.h"

#define SUFFIX ".yaml"
#define NAME_BYTES_MAX 64 /* struct costs */

struct place {
	char dir[PATH_MAX];
	char name[NAME_BYTES_MAX];
};

/* What the file is called without its suffix has to be a name that `costs:` can say. */
static int
name_of(const char *file, const char *path, char name[NAME_BYTES_MAX])
{
	size_t length = strlen(file);
	char stem[NAME_MAX + 1];

	if (length <= strlen(SUFFIX) || length > NAME_MAX ||
	    strcmp(file + length - strlen(SUFFIX), SUFFIX) != 0) {
		log_error("--out: found '%s', allowed: a file NAME" SUFFIX, path);
		return -EINVAL;
	}
	snprintf(stem, sizeof(stem), "%.*s", (int)(length - strlen(SUFFIX)), file);
	if (identifier_read(stem, name, NAME_BYTES_MAX) == 0)
		return 0;
	log_error("--out: found '%.60s', allowed: " IDENTIFIER_ALLOWED, stem, NAME_BYTES_MAX - 1);
	return -EINVAL;
}

static int
split(const char *path, struct place *place)
{
	const char *slash = strrchr(path, '/');
	const char *file = slash ? slash + 1 : path;
	size_t dir_bytes = slash ? (size_t)(slash - path) : 0;

	if (dir_bytes >= sizeof(place->dir)) {
		log_error("--out: found a path of %zu bytes, allowed: at most %zu", strlen(path),
			  sizeof(place->dir) - 1);
		return -ENAMETOOLONG;
	}
	snprintf(place->dir, sizeof(place->dir), "%.*s", (int)dir_bytes, path);
	if (!dir_bytes)
		strcpy(place->dir, slash ? "/" : ".");
	return name_of(file, path, place->name);
}

static int
refuse(const char *path, int error)
{
	if (error == -EEXIST)
		log_error("--out: found a file '%s', allowed: a name that is free", path);
	else
		log_error("--out %s: %s", path, strerror(-error));
	return error;
}

static int
open_unnamed(const struct place *place)
{
	int fd = open(place->dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);

	return fd < 0 ? -errno : fd;
}

int
profile_check(const char *path)
{
	struct place place;
	int error = split(path, &place), fd;

	if (error)
		return error;
	if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return refuse(path, -EEXIST);
	fd = open_unnamed(&place);
	if (fd < 0)
		return refuse(path, fd);
	close(fd);
	return 0;
}

static void
put(FILE *file, const char *key, const char *text)
{
	fprintf(file, "%s: ", key);
	node_write_text(file, text);
	fputc('\n', file);
}

static void
put_primitive(FILE *file, const struct primitive *p)
{
	char method[256];

	snprintf(method, sizeof(method), "%s; 5th, 50th and 95th percentile of %u samples", p->help,
		 p->n);
	fprintf(file,
		"  %s: {lo: %.0f cycles, mid: %.0f cycles, hi: %.0f cycles, method: ", p->name,
		p->p5_cycles, p->p50_cycles, p->p95_cycles);
	node_write_text(file, method);
	fputs("}\n", file);
}

static void
put_profile(FILE *file, const struct calibration *c, const char *name)
{
	char text[256], date[32];
	time_t now = time(NULL);
	struct machine machine;
	struct tm utc;

	machine_read(&machine);
	strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC", gmtime_r(&now, &utc));
	fputs("# What the primitives of one machine cost, in cycles of its TSC.\n"
	      "folio-costs: 1\n",
	      file);
	put(file, "name", name);
	snprintf(text, sizeof(text), "measured on this machine, %.80s, %s", machine.host, date);
	put(file, "source", text);
	snprintf(text, sizeof(text), "%.80s, TSC %.1f MHz, %.80s", machine.cpu_model,
		 c->tsc_hz / 1e6, machine.kernel);
	put(file, "cpu", text);
	put(file, "method", "folio calibrate, version " BUILD_VERSION " (" BUILD_GIT_COMMIT ")");
	fputs("primitives:\n", file);
	for (uint32_t i = 0; i < c->n; i++)
		if (c->primitives[i].n && !c->primitives[i].is_check)
			put_primitive(file, &c->primitives[i]);
}

/* The file gets its name, if that is still free (open(2), O_TMPFILE). */
static int
give_name(int fd, const char *path)
{
	char unnamed[64];

	snprintf(unnamed, sizeof(unnamed), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, unnamed, AT_FDCWD, path, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

int
profile_write(const struct calibration *c, const char *path)
{
	struct place place;
	FILE *file;
	int error = split(path, &place), fd;

	if (error)
		return error;
	fd = open_unnamed(&place);
	if (fd < 0)
		return refuse(path, fd);
	file = fdopen(fd, "w");
	if (!file) {
		close(fd);
		return refuse(path, -ENOMEM);
	}
	put_profile(file, c, place.name);
	if (fflush(file) || fsync(fd) < 0)
		error = -errno;
	if (!error)
		error = give_name(fd, path);
	fclose(file);
	return error ? refuse(path, error) : 0;
}

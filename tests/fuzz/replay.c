/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a fuzz target without a fuzzer: once for each file of the folders that are
 * given, so that every build replays the seeds. Fails where there is none.
 *
 *   replay_NAME FOLDER...
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A crash names the file that was being replayed: its name is out before. */
static int
replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct stat status;
	uint8_t *bytes;
	int failed = 1;

	if (!file)
		return 1;
	/* Of exactly that size, so that a sanitizer sees each byte that is read past it. */
	if (!fstat(fileno(file), &status) && (bytes = malloc((size_t)status.st_size))) {
		size_t size = fread(bytes, 1, (size_t)status.st_size, file);

		failed = size != (size_t)status.st_size;
		printf("%s\n", path);
		fflush(stdout);
		if (!failed)
			LLVMFuzzerTestOneInput(bytes, size);
		free(bytes);
	}
	fclose(file);
	return failed;
}

/* Returns how many files were replayed, or -1. */
static int
replay_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	int n = 0;

	if (!dir)
		return -1;
	for (struct dirent *entry; n >= 0 && (entry = readdir(dir));) {
		char path[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		n = replay_file(path) ? -1 : n + 1;
	}
	closedir(dir);
	return n;
}

int
main(int argc, char **argv)
{
	int total = 0;

	for (int i = 1; i < argc; i++) {
		int n = replay_folder(argv[i]);

		if (n <= 0) {
			fprintf(stderr, "%s: %s\n", argv[i],
				n ? "cannot be read" : "holds no input");
			return 1;
		}
		total += n;
	}
	printf("%d inputs replayed\n", total);
	return total ? 0 : 1;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables of commands: whole lines to a pipe, broken ones on a terminal that is too narrow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "runner/commands/columns.h"

#define LAST "one two three four five six seven eight nine ten eleven twelve"

static void
print(FILE *file)
{
	struct columns columns = {0};

	columns_row(&columns, "name", "kind", "what it is");
	columns_row(&columns, "abcdef", "real", LAST);
	assert_int_equal(columns_print(&columns, file), 0);
	columns_close(&columns);
	assert_int_equal(fflush(file), 0);
}

/* What a terminal of that width gets to see; 0: it does not say. */
static void
print_on_terminal(unsigned short width, char *text, size_t size)
{
	const struct winsize window = {.ws_row = 24, .ws_col = width};
	int terminal = posix_openpt(O_RDWR | O_NOCTTY), line;
	struct termios settings;
	size_t used = 0;
	ssize_t got;
	FILE *file;

	if (terminal < 0 || grantpt(terminal) || unlockpt(terminal))
		skip();
	line = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	assert_true(line >= 0);
	assert_int_equal(tcgetattr(line, &settings), 0);
	cfmakeraw(&settings); /* newlines stay newlines */
	assert_int_equal(tcsetattr(line, TCSANOW, &settings), 0);
	assert_int_equal(ioctl(line, TIOCSWINSZ, &window), 0);
	file = fdopen(line, "w");
	assert_non_null(file);
	print(file);
	fclose(file);
	/* What was written is read before the line's end is told, as EIO. */
	while ((got = read(terminal, text + used, size - 1 - used)) > 0)
		used += (size_t)got;
	text[used] = '\0';
	close(terminal);
}

static void
test_whole_lines_elsewhere(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	assert_non_null(file);
	print(file);
	fclose(file);
	assert_string_equal(text, "name    kind  what it is\nabcdef  real  " LAST "\n");
	free(text);
}

static void
test_broken_lines_hang(void **state)
{
	char text[512];

	(void)state;
	print_on_terminal(42, text, sizeof(text));
	assert_string_equal(text, "name    kind  what it is\n"
				  "abcdef  real  one two three four five six\n"
				  "              seven eight nine ten eleven\n"
				  "              twelve\n");
}

/* Where there is hardly room below its beginning, text has lines of its own. */
static void
test_narrow_terminal(void **state)
{
	char text[512];

	(void)state;
	print_on_terminal(30, text, sizeof(text));
	assert_string_equal(text, "name    kind  what it is\n"
				  "abcdef  real\n"
				  "    one two three four five\n"
				  "    six seven eight nine ten\n"
				  "    eleven twelve\n");
	print_on_terminal(3, text, sizeof(text));
	assert_non_null(strstr(text, "\n    twelve\n"));
}

/* What stands under a column, in a row that ends there, does not push the next one out. */
static void
test_last_texts_widen_nothing(void **state)
{
	struct columns columns = {0};
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	assert_non_null(file);
	columns_row(&columns, "a", "b", "c");
	columns_row(&columns, "", LAST);
	assert_int_equal(columns_print(&columns, file), 0);
	columns_close(&columns);
	fclose(file);
	assert_string_equal(text, "a  b  c\n   " LAST "\n");
	free(text);
}

static void
test_terminals_that_take_all(void **state)
{
	char text[512];

	(void)state;
	print_on_terminal(0, text, sizeof(text));
	assert_non_null(strstr(text, LAST));
	print_on_terminal(14 + sizeof(LAST) - 1, text, sizeof(text));
	assert_non_null(strstr(text, LAST));
	print_on_terminal(14 + sizeof(LAST) - 2, text, sizeof(text));
	assert_null(strstr(text, LAST));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_lines_elsewhere),
		cmocka_unit_test(test_broken_lines_hang),
		cmocka_unit_test(test_narrow_terminal),
		cmocka_unit_test(test_last_texts_widen_nothing),
		cmocka_unit_test(test_terminals_that_take_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

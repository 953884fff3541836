/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The commands. Each gets its own name as argv[0], prints its usage to standard
 * output on --help, and returns an enum exit_status. The table stands in main.c.
 */
#ifndef FOLIO_RUNNER_COMMANDS_H
#define FOLIO_RUNNER_COMMANDS_H

int cmd_ab(int argc, char **argv);
int cmd_ab_side(int argc, char **argv);
int cmd_calibrate(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_guest(int argc, char **argv);
int cmd_host(int argc, char **argv);
int cmd_trace(int argc, char **argv);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* The backend of the tests of a hostile one: scripted, and what is said of it is dropped. */
#ifndef FOLIO_TESTS_HOSTILE_BACKEND_H
#define FOLIO_TESTS_HOSTILE_BACKEND_H

#include "harness.h"
#include "scripted_backend.h"

#define HEADER_BYTES 12u
/* No wait in these tests is longer, but where one says so. */
#define PATIENCE_MS 5000

extern struct scripted_backend backend;

/* CMocka's group fixtures. */
int hostile_set_up(void **state);
int hostile_tear_down(void **state);

#endif

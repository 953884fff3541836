# SPDX-License-Identifier: BSD-3-Clause
# Run at build time (cmake -P), so that the commit is the one that is built:
# writes OUTPUT when what it says has changed.
#   SOURCE_DIR, OUTPUT, VERSION
# A checkout may belong to another user than the one who builds it.
execute_process(
  COMMAND git -c safe.directory=${SOURCE_DIR} -C ${SOURCE_DIR} describe --always --dirty --abbrev=12
    --exclude=*
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed OR NOT commit)
  set(commit "unknown")
endif()
set(text "/* SPDX-License-Identifier: BSD-3-Clause */
/* What was built, and from where. Generated. */
#ifndef FOLIO_RUNNER_BUILD_H
#define FOLIO_RUNNER_BUILD_H

#define BUILD_VERSION \"${VERSION}\"
#define BUILD_GIT_COMMIT \"${commit}\"
#define BUILD_PLOTS_DIR \"${SOURCE_DIR}/plots\"

#endif
")
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "${text}" @ONLY)

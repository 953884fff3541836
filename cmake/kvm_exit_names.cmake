# SPDX-License-Identifier: BSD-3-Clause
# Writes a C initialiser of KVM's reasons to return to user space, from <linux/kvm.h>:
# the block of numbered KVM_EXIT_ lines that KVM_EXIT_UNKNOWN begins. Others of that
# prefix, such as KVM_EXIT_IO_OUT, stand elsewhere and are no reasons.
#
#   cmake -DHEADER=/usr/include/linux/kvm.h -DOUTPUT=FILE -P kvm_exit_names.cmake
file(STRINGS ${HEADER} lines)
set(names "")
foreach(line IN LISTS lines)
  if(line MATCHES "^#define KVM_EXIT_([A-Z0-9_]+)[ \t]+([0-9]+)")
    set(name ${CMAKE_MATCH_1})
    set(code ${CMAKE_MATCH_2})
    if(name STREQUAL "UNKNOWN" OR names)
      string(TOLOWER ${name} name)
      string(APPEND names "\t{${code}, \"${name}\"},\n")
    endif()
  elseif(names)
    break()
  endif()
endforeach()
if(NOT names)
  message(FATAL_ERROR "${HEADER}: no line begins with #define KVM_EXIT_UNKNOWN")
endif()
file(WRITE ${OUTPUT} "${names}")

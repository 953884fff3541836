# SPDX-License-Identifier: BSD-3-Clause
# BPF programs, built in: NAME.bpf.c becomes the header probes/NAME_bpf.skel.h.
#
#   folio_bpf(TARGET NAME...)
find_program(BPF_CLANG NAMES clang clang-14 REQUIRED)
find_program(BPFTOOL bpftool PATHS /usr/sbin /sbin REQUIRED)
find_path(BPF_ASM_INCLUDE_DIR asm/types.h PATH_SUFFIXES ${CMAKE_C_LIBRARY_ARCHITECTURE} REQUIRED)

function(folio_bpf target)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/generated/probes)
  foreach(name ${ARGN})
    set(source ${CMAKE_CURRENT_SOURCE_DIR}/${name}.bpf.c)
    set(object ${folder}/${name}.bpf)
    set(header ${folder}/${name}_bpf.skel.h)
    # bpftool's linker leaves out what only debuggers read.
    add_custom_command(OUTPUT ${header}
      DEPENDS ${source}
      DEPFILE ${object}.d
      COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
      COMMAND ${BPF_CLANG} -target bpf -mcpu=v3 -O2 -g -Wall -Werror
        -I${PROJECT_SOURCE_DIR}/src -idirafter ${BPF_ASM_INCLUDE_DIR}
        -MD -MF ${object}.d -MT ${header} -c ${source} -o ${object}.clang.o
      COMMAND ${BPFTOOL} gen object ${object}.o ${object}.clang.o
      COMMAND ${BPFTOOL} gen skeleton ${object}.o name ${name}_bpf > ${header}
      COMMENT "BPF program ${name}" VERBATIM)
    target_sources(${target} PRIVATE ${header})
  endforeach()
  target_include_directories(${target} SYSTEM PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/generated)
endfunction()

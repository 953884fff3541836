# SPDX-License-Identifier: BSD-3-Clause
# DPDK's driver headers, out of FOLIO_DPDK_SOURCE. With that sets
#   DRIVER_HEADERS_OPTIONS  compile options that find them behind the installed headers
#   DPDK_ABI_VERSION        "23.0"
set(FOLIO_DPDK_SOURCE "" CACHE PATH
  "Source of the installed DPDK, or what cmake/driver_headers.sh took out of it: for net_folio")
if(NOT FOLIO_DPDK_SOURCE)
  return()
endif()

set(version "no DPDK source")
if(EXISTS ${FOLIO_DPDK_SOURCE}/VERSION AND EXISTS ${FOLIO_DPDK_SOURCE}/lib/ethdev/ethdev_driver.h)
  file(STRINGS ${FOLIO_DPDK_SOURCE}/VERSION version LIMIT_COUNT 1)
endif()
if(NOT version STREQUAL DPDK_VERSION)
  message(FATAL_ERROR "FOLIO_DPDK_SOURCE=${FOLIO_DPDK_SOURCE}: found ${version}, "
    "allowed: the source of DPDK ${DPDK_VERSION}, which is installed")
endif()
file(STRINGS ${FOLIO_DPDK_SOURCE}/ABI_VERSION DPDK_ABI_VERSION LIMIT_COUNT 1)
set(DRIVER_HEADERS_OPTIONS "")
foreach(folder lib/ethdev lib/eal/include drivers/bus/vdev)
  list(APPEND DRIVER_HEADERS_OPTIONS "SHELL:-idirafter ${FOLIO_DPDK_SOURCE}/${folder}")
endforeach()

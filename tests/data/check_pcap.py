#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Says what a capture holds, and exits 1 unless folio can send every frame of it.

    check_pcap.py FILE

Wanted: a classic pcap file in microseconds, link type Ethernet, under 200 KB, its
frames 14 to 1514 bytes long and stored whole.
"""
import struct
import sys

FRAME_BYTES_MIN, FRAME_BYTES_MAX, FILE_BYTES_MAX = 14, 1514, 200_000
MAGIC_MICROSECONDS, LINK_ETHERNET = 0xA1B2C3D4, 1


def frames(data):
    """Yields (number, stored bytes, length on the wire)."""
    offset, number = 24, 0
    while offset < len(data):
        _, _, stored, length = struct.unpack_from("<IIII", data, offset)
        offset += 16 + stored
        if offset > len(data):
            raise ValueError(f"the file ends within frame {number}")
        yield number, stored, length
        number += 1


def faults(data):
    magic, _, _, _, _, _, link = struct.unpack_from("<IHHiIII", data)
    if magic != MAGIC_MICROSECONDS or link != LINK_ETHERNET:
        yield f"magic {magic:#x}, link type {link}: a little-endian pcap of Ethernet is wanted"
    if len(data) > FILE_BYTES_MAX:
        yield f"{len(data)} bytes: at most {FILE_BYTES_MAX} are wanted"
    for number, stored, length in frames(data):
        if stored != length:
            yield f"frame {number}: {stored} of {length} bytes stored"
        if not FRAME_BYTES_MIN <= length <= FRAME_BYTES_MAX:
            yield f"frame {number}: {length} bytes: {FRAME_BYTES_MIN} to {FRAME_BYTES_MAX} are wanted"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    lengths = [length for _, _, length in frames(data)]
    found = list(faults(data)) if lengths else ["no frames"]
    for fault in found:
        print(f"{sys.argv[1]}: {fault}")
    if not lengths:
        sys.exit(1)
    small = sum(length <= 128 for length in lengths)
    large = sum(length >= 1400 for length in lengths)
    print(f"{len(data)} bytes, {len(lengths)} frames of {min(lengths)} to {max(lengths)} bytes, "
          f"mean {sum(lengths) / len(lengths):.0f}; {small} of at most 128, {large} of at least 1400")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes a small trace.dat (version 6) of KVM's exits.

    trace_dat.py OUT EVENTS.txt...        synthetic: one CPU for each file
    trace_dat.py OUT --raw BUFFER...      recorded: what trace_pipe_raw gave, one file for each CPU

A line of EVENTS.txt is "time_ns tid event field=value ...", in the order of times; fields that are
not named are 0, '#' begins a comment, and "lost N" says that N events are missing before the next.
The layouts are those of formats/, the kernel's own (Linux 6.18); trace-cmd's format is described
in trace-cmd.dat.v6(5), the ring buffer's in the kernel's Documentation/trace/ring-buffer-map.rst.
"""
import re
import struct
import sys
from pathlib import Path

PAGE_BYTES = 4096
HEAD_BYTES = 16          # of a page: time stamp, and commit
MISSED_EVENTS = 1 << 31  # in commit: events are missing before this page ...
MISSED_STORED = 1 << 30  # ... and their number stands behind the last event
TIME_EXTEND = 30         # type_len of an entry that holds nothing but time

FORMATS = Path(__file__).resolve().parent / "formats"
HEADER_PAGE = (
    "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
    "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
    "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
    f"\tfield: char data;\toffset:16;\tsize:{PAGE_BYTES - HEAD_BYTES};\tsigned:0;\n")
HEADER_EVENT = (
    "# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n"
    "\tarray       :   32 bits\n\n\tpadding     : type == 29\n\ttime_extend : type == 30\n"
    "\ttime_stamp : type == 31\n\tdata max type_len  == 28\n")


class Event:
    def __init__(self, path):
        text = path.read_text()
        self.id = int(re.search(r"^ID: (\d+)", text, re.M)[1])
        self.fields = {name: (int(offset), int(size)) for name, offset, size in re.findall(
            r"field:[^;]*?(\w+);\s*offset:(\d+);\s*size:(\d+)", text)}

    def bytes(self, tid, values):
        data = bytearray(-(-max(o + s for o, s in self.fields.values()) // 4) * 4)
        for name, value in {"common_type": self.id, "common_pid": tid, **values}.items():
            offset, size = self.fields[name]
            data[offset:offset + size] = (value % (1 << 8 * size)).to_bytes(size, "little")
        return bytes(data)


class Pages:
    """A CPU's ring buffer. A page begins with the time of its first entry."""

    def __init__(self):
        self.pages, self.missed = [], 0
        self.data, self.began_ns, self.last_ns = b"", 0, 0

    def close_page(self):
        if not self.data:
            return
        commit, tail = len(self.data), b""
        if self.missed:
            commit |= MISSED_EVENTS | MISSED_STORED
            tail = struct.pack("<Q", self.missed)
        page = struct.pack("<QQ", self.began_ns, commit) + self.data + tail
        self.pages.append(page.ljust(PAGE_BYTES, b"\0"))
        self.data, self.missed = b"", 0

    def lose(self, n):
        self.close_page()
        self.missed = n

    def add(self, time_ns, data):
        if len(self.data) + len(data) + 3 * 8 > PAGE_BYTES - HEAD_BYTES:
            self.close_page()
        if not self.data:
            self.began_ns = self.last_ns = time_ns
        delta, self.last_ns = time_ns - self.last_ns, time_ns
        if delta >> 27:
            self.data += struct.pack("<II", TIME_EXTEND | (delta & (1 << 27) - 1) << 5, delta >> 27)
            delta = 0
        self.data += struct.pack("<I", len(data) // 4 | delta << 5) + data

    def bytes(self):
        self.close_page()
        return b"".join(self.pages)


def synthetic(path, events):
    pages = Pages()
    for line in Path(path).read_text().splitlines():
        words = line.split("#")[0].split()
        if words[:1] == ["lost"]:
            pages.lose(int(words[1]))
        elif words:
            values = {name: int(value, 0) for name, value in (w.split("=") for w in words[3:])}
            pages.add(int(words[0]), events[words[2]].bytes(int(words[1]), values))
    return pages.bytes()


def sized(text):
    return struct.pack("<Q", len(text)) + text.encode()


def trace_dat(buffers, formats):
    head = b"\x17\x08\x44tracing6\0" + struct.pack("<BBI", 0, 8, PAGE_BYTES)
    head += b"header_page\0" + sized(HEADER_PAGE) + b"header_event\0" + sized(HEADER_EVENT)
    head += struct.pack("<I", 0)                                # ftrace's own events
    head += struct.pack("<I", 1) + b"kvm\0" + struct.pack("<I", len(formats))
    head += b"".join(sized(path.read_text()) for path in formats)
    head += struct.pack("<IIQ", 0, 0, 0)                        # kallsyms, printk, command lines
    head += struct.pack("<I", len(buffers)) + b"options  \0" + struct.pack("<H", 0) + b"flyrecord\0"
    at = -(-(len(head) + 16 * len(buffers)) // PAGE_BYTES) * PAGE_BYTES
    body = b""
    for buffer in buffers:
        head += struct.pack("<QQ", at + len(body), len(buffer))
        body += buffer
    return head.ljust(at, b"\0") + body


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    formats = sorted(FORMATS.glob("kvm_*"))
    if sys.argv[2] == "--raw":
        buffers = [Path(path).read_bytes() for path in sys.argv[3:]]
    else:
        texts = [Path(path).read_text() for path in sys.argv[2:]]
        formats += [path for path in sorted(FORMATS.glob("folio_*")) if any(path.name in t for t in texts)]
        events = {path.name: Event(path) for path in formats}
        buffers = [synthetic(path, events) for path in sys.argv[2:]]
    Path(sys.argv[1]).write_bytes(trace_dat(buffers, formats))


if __name__ == "__main__":
    main()

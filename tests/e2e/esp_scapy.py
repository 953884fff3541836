# SPDX-License-Identifier: BSD-3-Clause
"""scapy's ESP as a judge of ours (ipsec_judges.sh, net_folio_esp.sh).

  esp_scapy.py plain OUT [LONGEST]                     frames in plain, one of LONGEST bytes
  esp_scapy.py seal|open MODE CIPHER ESN SENT IN OUT   what esp_frames does; opens both directions
  esp_scapy.py spoil IN PLAIN OUT                      IN, and frames that must not get through:
                                                       damaged, replayed, of another SPI, in plain
  esp_scapy.py same A B                                do both carry the same packets?
"""
import sys

from scapy.all import IP, UDP, Ether, Raw, rdpcap, wrpcap
from scapy.layers.ipsec import ESP, SecurityAssociation

CLIENT, GUEST = "10.18.0.2", "10.18.0.1"
MACS = {"src": "02:f0:11:00:00:02", "dst": "02:f0:11:00:00:01"}
HEADERS = Ether(**MACS) / IP(src=CLIENT, dst=GUEST) / UDP(sport=9000, dport=7)
TO_GUEST, TO_CLIENT = 4097, 4098  # SPIs
KEYS = {TO_GUEST: 0x11, TO_CLIENT: 0x71}  # their first bytes


def plain(out, longest="1457"):
    frames = []
    for size in list(range(1, 70)) + [100, 333, 1000, 1403, int(longest) - len(HEADERS)]:
        payload = bytes((size * 7 + i * 13) & 0xFF for i in range(size))
        frame = HEADERS / Raw(payload)
        frame[IP].id = size
        frames.append(frame)
    wrpcap(out, frames)


def association(spi, mode, cipher, esn, high):
    key = bytes((KEYS[spi] + i) & 0xFF for i in range(16 if cipher == "aes-128-gcm" else 32))
    salt = bytes(KEYS[spi] + len(key) + i for i in range(4))
    return SecurityAssociation(
        ESP, spi=spi, crypt_algo="AES-GCM", crypt_key=key + salt, esn_en=esn == "on",
        esn=high, tunnel_header=IP(src=CLIENT, dst=GUEST) if mode == "tunnel" else None)


def convert(what, mode, cipher, esn, sent, source, out):
    number, done = int(sent, 0), []
    for frame in rdpcap(source):
        number += 1
        spi = TO_GUEST if what == "seal" else frame[ESP].spi
        sa = association(spi, mode, cipher, esn, number >> 32)
        if what == "seal":
            sa.seq_num = number & 0xFFFFFFFF  # as an argument 0 would be taken for none
            packet = sa.encrypt(frame[IP])
        else:
            if frame[ESP].seq != number & 0xFFFFFFFF:
                sys.exit(f"number {frame[ESP].seq}, {number} expected")
            packet = sa.decrypt(frame[IP])
        done.append(Ether(**MACS) / packet)
    wrpcap(out, done)


def spoil(source, in_plain, out):
    frames, plain_frame = list(rdpcap(source)), rdpcap(in_plain)[0]
    last, spi = bytes(frames[-1]), len(Ether() / IP())
    damaged = Ether(last[:-1] + bytes([last[-1] ^ 1]))  # does not use up the number
    foreign = Ether(last[:spi] + (77777).to_bytes(4, "big") + last[spi + 4:])
    wrpcap(out, frames[:-1] + [damaged, frames[-1], frames[-1], foreign, plain_frame])


def same(a, b):
    ours, theirs = rdpcap(a), rdpcap(b)
    if len(ours) != len(theirs):
        sys.exit(f"{a} has {len(ours)} frames, {b} {len(theirs)}")
    for i, (x, y) in enumerate(zip(ours, theirs)):
        if bytes(x[IP]) != bytes(y[IP]):
            sys.exit(f"frame {i} differs: {bytes(x[IP]).hex()} {bytes(y[IP]).hex()}")


if sys.argv[1] == "plain":
    plain(*sys.argv[2:])
elif sys.argv[1] == "spoil":
    spoil(*sys.argv[2:])
elif sys.argv[1] == "same":
    same(sys.argv[2], sys.argv[3])
else:
    convert(*sys.argv[1:])

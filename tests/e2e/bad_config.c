/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bad configuration files: each is refused with one message that names file,
 * line and key, what was found and what is allowed, and nothing is left behind.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "config_text.h"

#define HEAD "folio: 1\nname: x\ncosts: test\n"         /* lines 1 to 3 */
#define ONE HEAD "configurations:\n  - preset: folio\n" /* lines 4 and 5 */
#define TWO "topology: two-process\n"
#define KEY "000102030405060708090a0b0c0d0e0f10111213"
#define LONG_50 "01234567890123456789012345678901234567890123456789"
#define LONG LONG_50 LONG_50 LONG_50 LONG_50 LONG_50 LONG_50
#define NAIVE HEAD "configurations:\n  - preset: naive\n"

struct bad_case {
	const char *text;
	unsigned int line;
	const char *key;
	const char *found;
	const char *allowed; /* part of what follows "allowed: ", or NULL: nothing else would do */
};

static const struct bad_case bad_cases[] = {
	/* The file as a whole. */
	{"", 1, "", "found nothing", "a YAML document"},
	{"# nothing\n", 1, "", "found nothing", "a YAML document"},
	{"just words\n", 1, "", "found 'just words'", "a mapping"},
	{"- a\n- b\n", 1, "", "found a list", "a mapping"},
	{"folio: 1\nname: [x\n", 3, "", "found what is not YAML", "YAML"},
	{"folio: 1\n\tname: x\n", 2, "", "found what is not YAML", "YAML"},
	{"folio: 1\nname: \xff\xfe\n", 2, "", "found what is not YAML", "YAML"},
	{"folio: 1\nname: \"a\\0b\"\n", 2, "", "found a control character", "text"},
	{"folio: 1\nname: \"a\\nb\"\n", 2, "", "found a control character", "text"},
	{ONE "---\nfolio: 1\n", 7, "", "found a second document", "one"},
	{ONE "name: y\n", 6, "name", "found a second time", "once"},
	{ONE "measure:\n  pairs: 4\n  seed: 1\n  pairs: 5\n", 9, "measure.pairs",
	 "found a second time", "once"},
	{"folio: 1\nname: &a [*a]\n", 2, "", "found an alias that leads back to itself", NULL},
	{"? [a, b]\n: c\n", 1, "", "found a key that is no plain word", "a name"},
	{"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n", 1, "",
	 "found nesting deeper than 32", "less"},
	{"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
	 "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
	 "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
	 1, "", "found more than 65536 values", "less"},
	/* Its keys. */
	{ONE "frame_sise: 64\n", 6, "frame_sise", "found a key that is not known here",
	 "did you mean 'frame_size'?"},
	{ONE "<<: {burst: 8}\n", 6, "<<", "found a key that is not known here", "folio, name"},
	{"name: x\nconfigurations: [{preset: folio}]\n", 1, "folio", "found no key 'folio'", "1"},
	{"folio: 2\nname: x\nconfigurations: [{preset: folio}]\n", 1, "folio", "found '2'", "1"},
	{"folio: 1\nconfigurations: [{preset: folio}]\n", 1, "name", "found no key 'name'",
	 "a name"},
	{"folio: 1\nname: ../up\nconfigurations: [{preset: folio}]\n", 2, "name", "found '../up'",
	 "letters, digits"},
	{"folio: 1\nname:\nconfigurations: [{preset: folio}]\n", 2, "name", "found nothing",
	 "a name of up to 63"},
	{"folio: 1\nname: [a]\nconfigurations: [{preset: folio}]\n", 2, "name", "found a list",
	 "a name of up to 63"},
	{ONE "topology: mesh\n", 6, "topology", "found 'mesh'", "lockstep, two-process"},
	{ONE "topology: two-proces\n", 6, "topology", "found 'two-proces'",
	 "did you mean 'two-process'?"},
	{HEAD "topology: two-process\nconfigurations: [{preset: ideal, device: virtio-user}]\n"
	      "reference: folio\n",
	 4, "topology", "found two-process with configuration ideal", "topology: lockstep"},
	{ONE "rate: 50 kpps\n", 6, "rate", "found a rate in the topology lockstep",
	 "topology: two-process"},
	{ONE "sweep: {rate: [50 kpps]}\n", 6, "sweep.rate", "found a rate in the topology lockstep",
	 "topology: two-process"},
	{ONE TWO "sweep: {rate: [50 kpps, 1 kpps]}\n", 7, "sweep.rate", "20 packets in a slice",
	 "at least 100"},
	{ONE TWO "sweep: {rate: [50 kpps, 0.05 Mpps]}\n", 7, "sweep.rate",
	 "found '50 kpps' a second time", "once"},
	{ONE "search: on\n", 6, "search", "found a search in the topology lockstep",
	 "topology: two-process"},
	{ONE TWO "search: fast\n", 7, "search", "found 'fast'", "on"},
	{ONE TWO "search: {ndr: 1}\n", 7, "search.ndr", "found '1'", "on"},
	{ONE TWO "search: {pdr: 5}\n", 7, "search.pdr", "found '5'", "a share such as"},
	{ONE TWO "search: {width: 50%}\n", 7, "search.width", "found '50%'", "0.1%"},
	{ONE TWO "search: {precision: 1%}\n", 7, "search.precision",
	 "found a key that is not known here", "ndr, pdr, width"},
	{ONE TWO "search: {trial: 100 ms, sum: 50 ms}\n", 7, "search",
	 "found a sum that is shorter than a trial", "at least trial"},
	{ONE TWO "rate: fast\n", 7, "rate", "found 'fast'", "max"},
	{ONE TWO "rate: 5000\n", 7, "rate", "found '5000'", "a rate such as 50 kpps"},
	{ONE TWO "rate: 10 pps\n", 7, "rate", "found '10 pps'", "1 kpps to"},
	{ONE TWO "rate: 1 kpps\n", 7, "rate", "20 packets in a slice of 20 ms",
	 "a longer measure.slice"},
	{ONE TWO "measure: {slice: 1 ms}\n", 7, "measure.slice", "found '1 ms'", "5 ms to 1 s"},
	{ONE "measure: {slice: 20 ms}\n", 6, "measure.slice", "found '20 ms'", "50 us to 10 ms"},
	{ONE "workload: macswop\n", 6, "workload", "found 'macswop'", "did you mean 'macswap'?"},
	{ONE "reference: idael\n", 6, "reference", "found 'idael'", "did you mean 'ideal'?"},
	{"folio: 1\nname: x\ncosts: epyc\nconfigurations: [{preset: folio}]\n", 3, "costs",
	 "found 'epyc', which is no cost profile", "poor, test"},
	{"folio: 1\nname: x\nconfigurations: [{preset: naive}]\n", 3,
	 "configurations[0]: sources.psc.cost", "found no `costs:`", "a cost profile with"},
	{"folio: 1\nname: x\ncosts: poor\nconfigurations:\n  - preset: naive\n", 5,
	 "configurations[0]: sources.vc.cost", "found no 'snp_exit_pio' in the cost profile",
	 "sources: {vc: {cost: 4000 cycles}}"},
	/* Configurations. */
	{HEAD, 1, "configurations", "found no key 'configurations'", "a list such as"},
	{HEAD "configurations: []\n", 4, "configurations", "found an empty list", "a list such as"},
	{HEAD "configurations: folio\n", 4, "configurations", "found 'folio'", "a list such as"},
	{HEAD "configurations: [folio]\n", 4, "configurations[0]", "found 'folio'",
	 "a mapping with keys of: preset, name"},
	{HEAD "configurations: [{name: y}]\n", 4, "configurations[0]", "found no preset",
	 "{preset: folio}"},
	{HEAD "configurations: [{preset: foli}]\n", 4, "configurations[0].preset", "found 'foli'",
	 "ideal, folio, swiotlb, naive; did you mean 'folio'?"},
	{ONE "  - preset: folio\n", 6, "configurations[1]", "a second configuration of the name",
	 "name: ANOTHER"},
	{HEAD "configurations: [{preset: folio, name: naive}]\n", 4, "configurations[0].name",
	 "found the name of another preset", "any other"},
	{ONE "    ring: 100\n", 6, "configurations[0].ring", "found '100'",
	 "64 to 4096, a power of two"},
	{ONE "    ring: 8192\n", 6, "configurations[0].ring", "found '8192'", "64 to 4096"},
	{ONE "    rings: 256\n", 6, "configurations[0].rings", "found a key that is not known here",
	 "did you mean 'ring'?"},
	{ONE "    exits: vmcall\n", 6, "configurations[0].exits", "found 'vmcall'", "spin"},
	/* Sources. */
	{ONE "    sources: on\n", 6, "configurations[0].sources", "found 'on'",
	 "a mapping such as"},
	{ONE "    sources: {psk: on}\n", 6, "configurations[0].sources.psk",
	 "found no source 'psk'", "did you mean 'psc'?"},
	{ONE "    sources: {vc: yes}\n", 6, "configurations[0].sources.vc", "found 'yes'",
	 "on, off"},
	{ONE "    sources:\n      vc:\n", 7, "configurations[0].sources.vc", "found nothing",
	 "on, off or a mapping"},
	{ONE "    sources: {vc: [doorbell]}\n", 6, "configurations[0].sources.vc", "found a list",
	 "on, off or a mapping"},
	{ONE "    sources: {vc: {cots: 4000 cycles}}\n", 6, "configurations[0].sources.vc.cots",
	 "found no option 'cots' of vc", "at, cost, decode; did you mean 'cost'?"},
	{ONE "    sources: {vc: {cost: 4000}}\n", 6, "configurations[0].sources.vc.cost",
	 "found '4000'", "a number of cycles such as 4000 cycles, or a time such as 2 us"},
	{ONE "    sources: {vc: {cost: 4 KiB}}\n", 6, "configurations[0].sources.vc.cost",
	 "found '4 KiB'", "a number of cycles"},
	{ONE "    sources: {vc: {cost: {a: b}}}\n", 6, "configurations[0].sources.vc.cost",
	 "found a mapping", "a number of cycles"},
	{ONE "    sources: {vc: {at: [doorbel]}}\n", 6, "configurations[0].sources.vc.at",
	 "found '[doorbel]'", "doorbell"},
	{ONE "    sources: {psc: {per: frame, cost: 1 cycles}}\n", 6,
	 "configurations[0].sources.psc.per", "found 'frame'", "packet, burst"},
	{ONE "    sources: {bounce_alloc: {pool: 64}}\n", 6,
	 "configurations[0].sources.bounce_alloc.pool", "found '64'", "a size such as 4 KiB"},
	{ONE "    sources: {iotlb: {strict: maybe}}\n", 6, "configurations[0].sources.iotlb.strict",
	 "found 'maybe'", "on, off"},
	{ONE "sources: {vc: on}\n", 6, "sources.vc", "found 'on'", "a mapping of its options"},
	{ONE "    ring_format: braided\n", 6, "configurations[0].ring_format", "found 'braided'",
	 "split, packed"},
	{ONE "    ring_format: packed\n    sources: {iotlb: on}\n", 5, "configurations[0]",
	 "found source iotlb on", "ring_format: split"},
	{ONE "    device: virtio\n", 6, "configurations[0].device", "found 'virtio'",
	 "vhost-user, virtio-user, ethdev"},
	{ONE "    device: virtio-user\n", 5, "configurations[0]",
	 "device virtio-user has no FOLIO layer", "device: vhost-user"},
	{ONE "    device: virtio-user\n    event_idx: on\n    sources: {bounce_copy: off}\n", 6,
	 "configurations[0].device", "device virtio-user has no event indices", "event_idx: off"},
	{ONE "    device: virtio-user\n    mergeable: on\n    sources: {bounce_copy: off}\n", 6,
	 "configurations[0].device", "device virtio-user merges buffers", "mrg_rxbuf=1"},
	{ONE "    devargs: net_ring0\n", 6, "configurations[0].devargs", "has no devargs",
	 "devargs: "},
	{ONE "    device: ethdev\n", 6, "configurations[0].device", "needs the port's devargs",
	 "0000:01"},
	{ONE "    device: ethdev\n    devargs: net_ring0\n", 1, "",
	 "found lockstep with configuration folio", "vhost-user, virtio-user"},
	{ONE "    device: ethdev\n    devargs: net_ring0\ntopology: lockstep\n", 8, "topology",
	 "found lockstep with configuration folio", "vhost-user, virtio-user"},
	/* ESP. */
	{ONE "    esp_cipher: 3des\n", 6, "configurations[0].esp_cipher", "found '3des'",
	 "aes-128-gcm, aes-256-gcm"},
	{ONE "    esp_key_in: 00112233\n", 6, "configurations[0].esp_key_in",
	 "in folio: found 8 hexadecimal digits", "40 hexadecimal digits, a key of aes-128-gcm"},
	{ONE "    esp_cipher: aes-256-gcm\n    esp_key_out: " KEY "\n", 7,
	 "configurations[0].esp_key_out", "found 40 hexadecimal digits",
	 "72 hexadecimal digits, a key of aes-256-gcm"},
	{ONE "esp_key_in: secret\n", 6, "esp_key_in",
	 "found 3 hexadecimal digits and 3 other characters", "40 hexadecimal digits"},
	{ONE "esp_key_in: " KEY "\nesp_key_out: " KEY "\n", 7, "esp_key_out", "found one key",
	 "two keys"},
	{ONE "    esp_key_in: " KEY "\nesp_key_out: " KEY "\n", 6, "configurations[0].esp_key_in",
	 "found one key", "two keys"},
	{ONE "sweep:\n  esp_cipher: [aes-128-gcm, aes-256-gcm]\nesp_key_in: " KEY "\n", 8,
	 "esp_key_in", "found 40 hexadecimal digits", "72 hexadecimal digits"},
	{ONE "sweep:\n  esp_key_in: [" KEY ", 0011]\n", 7, "sweep.esp_key_in", "found a secret",
	 "in a configuration"},
	{ONE "esp_key_in: " LONG "\n", 6, "esp_key_in", "found 300 characters",
	 "one line of at most 255 bytes"},
	{ONE "    esp_spi_in: 4098\n", 6, "configurations[0].esp_spi_in",
	 "found 4098 as esp_spi_in and as esp_spi_out", "two SPIs"},
	{ONE "esp_spi_out: 4097\n", 6, "esp_spi_out", "found 4097 as esp_spi_in and as esp_spi_out",
	 "two SPIs"},
	{ONE "    esp_spi_out: 255\n", 6, "configurations[0].esp_spi_out", "found '255'", "256"},
	{ONE "    esp_window: 100\n", 6, "configurations[0].esp_window", "found '100'",
	 "a power of two"},
	{ONE "    sources: {bounce_copy: {mode: fused}}\nworkload: udp_echo\n", 7, "workload",
	 "found udp_echo with configuration folio: the copy mode fused", "workload ipsec_echo"},
	{ONE "    queues: 2\nworkload: ipsec_echo\n", 7, "workload",
	 "found ipsec_echo with configuration folio", "queues: 1"},
	{ONE "    sources: {bounce_copy: {mode: header}}\nworkload: ipsec_echo\n", 7, "workload",
	 "found ipsec_echo with configuration folio", "mode: shadow"},
	/* Traffic. */
	{ONE "frame_size: 59\n", 6, "frame_size", "found '59'", "60 to 1514"},
	{ONE "frame_size: 1515\n", 6, "frame_size", "found '1515'", "60 to 1514"},
	{ONE "frame_size: 64 B\n", 6, "frame_size", "found '64 B'", "60 to 1514"},
	{ONE "frame_size: [64, 128]\n", 6, "frame_size", "found a list", "60 to 1514"},
	{ONE "traffic: emix\n", 6, "traffic", "found 'emix'", "imix, {size: N} or {pcap: FILE}"},
	{ONE "traffic: {size: 64, pcap: f}\n", 6, "traffic", "found a mapping",
	 "imix, {size: N} or {pcap: FILE}"},
	{ONE "traffic: {file: f}\n", 6, "traffic.file", "found a key that is not known here",
	 "size, pcap"},
	{ONE "traffic: {pcap: nowhere.pcap}\n", 6, "traffic.pcap", "nowhere.pcap' (No such file",
	 "a capture file that can be read"},
	{ONE "traffic: {pcap: costs}\n", 6, "traffic.pcap", "costs' (Is a directory)",
	 "a capture file that can be read"},
	{ONE "traffic: {pcap: /dev/null}\n", 6, "traffic.pcap", "found '/dev/null'",
	 "a capture file that can be read"},
	{ONE "traffic: imix\nframe_size: 64\n", 6, "traffic", "found beside frame_size",
	 "one of the two"},
	{ONE "frame_size: 64\nsweep: {traffic: [imix]}\n", 6, "frame_size",
	 "found here and in sweep", "one of the two"},
	{ONE "paper: T9\n", 6, "paper", "found 'T9'", "T1"},
	{ONE "payload_size: 0\n", 6, "payload_size", "found '0'", "1 to 1472"},
	{ONE "payload_size: 1473\n", 6, "payload_size", "found '1473'", "1 to 1472"},
	{ONE "payload_size: 100 B\n", 6, "payload_size", "found '100 B'", "1 to 1472"},
	{ONE "frame_size: 64\npayload_size: 1\n", 7, "payload_size", "found beside frame_size",
	 "one of the two"},
	{ONE "workload: udp_sink\n" TWO, 6, "workload", "found udp_sink in the topology",
	 "topology: lockstep"},
	/* Sweeps. */
	{ONE "sweep: {}\n", 6, "sweep", "found nothing to sweep", "at least one key"},
	{ONE "sweep: [64]\n", 6, "sweep", "found a list", "a mapping such as"},
	{ONE "sweep: {frame_size: []}\n", 6, "sweep.frame_size", "found an empty list",
	 "a list of sizes"},
	{ONE "sweep: {frame_size: 64}\n", 6, "sweep.frame_size", "found '64'", "a list of sizes"},
	{ONE "sweep: {burst: {from: 1, to: 8}}\n", 6, "sweep.burst",
	 "found neither step and factor", "one of the two"},
	{ONE "sweep: {burst: {from: 1, to: 8, step: 1, factor: 2}}\n", 6, "sweep.burst",
	 "found both step and factor", "one of the two"},
	{ONE "sweep: {burst: {from: 8, to: 1, step: 1}}\n", 6, "sweep.burst.to", "found '1'",
	 "no less than from"},
	{ONE "sweep: {burst: {from: 1, to: 8, step: 0}}\n", 6, "sweep.burst.step", "found '0'",
	 "a step above 0"},
	{ONE "sweep: {burst: {from: 1, to: 8, factor: 1}}\n", 6, "sweep.burst.factor", "found '1'",
	 "a factor above 1"},
	{ONE "sweep: {burst: {from: 0, to: 8, factor: 2}}\n", 6, "sweep.burst.from", "found '0'",
	 "more than 0 with a factor"},
	{ONE "sweep: {burst: {from: 1, to: 8, steps: 1}}\n", 6, "sweep.burst.steps",
	 "found a key that is not known here", "did you mean 'step'?"},
	{ONE "sweep: {burst: {to: 8, step: 1}}\n", 6, "sweep.burst", "found no key 'from'",
	 "a value such as 64"},
	{ONE "sweep: {sources.vc.cost: {from: 1 us, to: 8000 cycles, step: 1 us}}\n", 6,
	 "sweep.sources.vc.cost.to", "found '8000 cycles'", "a time such as"},
	{ONE "sweep: {sources.vc.cost: {from: 1000, to: 8000, step: 1000}}\n", 6,
	 "sweep.sources.vc.cost[0]", "found '1000'", "cycles"},
	{ONE "sweep: {burst: {from: 1, to: 8, step: 0.5}}\n", 6, "sweep.burst[1]", "found '1.5'",
	 "1 to 32"},
	{ONE "sweep: {burst: {from: 1, to: 9000, step: 1}}\n", 6, "sweep.burst",
	 "found a range of more than 4096 values", "less"},
	{ONE "sweep: {traffic: {from: 64, to: 128, step: 64}}\n", 6, "sweep.traffic[0]",
	 "found '64'", "imix"},
	{ONE "max_cells: 0\n", 6, "max_cells", "found '0'", "1 to 16384"},
	{ONE "max_cells: 2\nsweep: {burst: [1, 2, 4]}\n", 7, "sweep",
	 "found a plan of more than 2 cells (configurations 1 x traffic 1 x burst 3",
	 "max_cells, which may be raised to 16384"},
	{ONE "sweep: {frame_size: [64, 64]}\n", 6, "sweep.frame_size[1]", "a second time", "once"},
	{ONE "sweep: {burst: []}\n", 6, "sweep.burst", "found an empty list",
	 "a list of at least one value"},
	{ONE "sweep:\n  burst: [8, 64]\n", 7, "sweep.burst[1]", "found '64'", "1 to 32"},
	{ONE "sweep: {burst: [8, 8]}\n", 6, "sweep.burst[1]", "found '8' a second time", "once"},
	{ONE "sweep: {latency: [1]}\n", 6, "sweep.latency", "found a key that is not known here",
	 "sources.SOURCE.OPTION"},
	{ONE "sweep: {sources.vx: [on]}\n", 6, "sweep.sources.vx", "found no source 'vx'",
	 "did you mean 'vc'?"},
	{ONE "sweep: {sources.vc.costs: [1 us]}\n", 6, "sweep.sources.vc.costs",
	 "found no option 'costs' of vc", "did you mean 'cost'?"},
	{ONE "sweep: {sources.vc.cost: [2000]}\n", 6, "sweep.sources.vc.cost[0]", "found '2000'",
	 "a number of cycles"},
	{ONE "sweep: {sources.vc: [true]}\n", 6, "sweep.sources.vc[0]", "found 'true'", "on, off"},
	{ONE "exclude: [{configuration: foli}]\n", 6, "exclude[0].configuration", "found 'foli'",
	 "did you mean 'folio'?"},
	{ONE "exclude: [{burst: 8}]\n", 6, "exclude[0].burst", "found a key that is not known here",
	 "configuration, frame_size, payload_size, traffic"},
	{ONE "exclude: [{}]\n", 6, "exclude[0]", "found no key", "what is swept"},
	{ONE "exclude: folio\n", 6, "exclude", "found 'folio'", "a list such as"},
	{ONE "exclude: [{configuration: folio}]\n", 6, "exclude", "found every cell excluded",
	 "at least one"},
	{ONE "include: [{frame_size: 64}]\n", 6, "include[0]", "found no key 'configuration'",
	 "a configuration's name"},
	{ONE "include: [{configuration: ideal}]\n", 6, "include[0].configuration", "found 'ideal'",
	 "folio"},
	{ONE "include: [{configuration: folio, burst: 99}]\n", 6, "include[0].burst", "found '99'",
	 "1 to 32"},
	/* Measuring and attribution. */
	{ONE "measure: {slice: 200}\n", 6, "measure.slice", "found '200'", "a time such as 200 us"},
	{ONE "measure: {slice: 1 s}\n", 6, "measure.slice", "found '1 s'", "50 us to 10 ms"},
	{ONE "measure: {pairs: 0}\n", 6, "measure.pairs", "found '0'", "1 to 256"},
	{ONE "measure: {pairs: many}\n", 6, "measure.pairs", "found 'many'", "1 to 256"},
	{ONE "measure: {restarts: 65}\n", 6, "measure.restarts", "found '65'", "1 to 64"},
	{ONE "measure: {precision: 0.005}\n", 6, "measure.precision", "found '0.005'",
	 "a share such as 0.5%"},
	{ONE "measure: {budget: 60}\n", 6, "measure.budget", "found '60'", "a time such as"},
	{ONE "measure: {seed: -1}\n", 6, "measure.seed", "found '-1'", "0 to 4294967295"},
	{ONE "measure: {pair: 4}\n", 6, "measure.pair", "found a key that is not known here",
	 "did you mean 'pairs'?"},
	{ONE "measure: 16\n", 6, "measure", "found '16'", "a mapping with keys of: slice"},
	{ONE "attribution: {method: shapley, order: 2}\n", 6, "attribution.order",
	 "a key that is not known here", "method, factors"},
	{ONE "attribution: {method: guess}\n", 6, "attribution.method", "found 'guess'",
	 "one-at-a-time, shapley"},
	{ONE "attribution: {factors: [vc, pcs]}\n", 6, "attribution.factors[1]", "found 'pcs'",
	 "bounce_alloc, bounce_copy"},
	{ONE "attribution: {factors: [vc, vc]}\n", 6, "attribution.factors[1]", "a second time",
	 "once"},
	{ONE "attribution: {factors: []}\n", 6, "attribution.factors", "found an empty list",
	 "a list of sources"},
	{ONE "attribution: on\n", 6, "attribution", "found 'on'", "a mapping with keys of: method"},
	{NAIVE "    sources: {vc: off}\nattribution: {}\n", 7, "attribution",
	 "found vc off in the configuration 'naive'", "on in 'naive'"},
	{ONE "    name: naive-vc\nattribution: {}\n", 5, "configurations[0]",
	 "found the name 'naive-vc', which attribution has", "name: ANOTHER"},
};

static void
assert_has(const char *part, const char *text)
{
	if (!strstr(folder.message, part))
		fail_msg("'%s' isn't in '%s', which was said of:\n%s", part, folder.message, text);
}

/* One line, and in it each of what the user needs. */
static void
assert_message(const struct bad_case *bad)
{
	char place[256];

	snprintf(place, sizeof(place), "%s:%u: %s", folder.config, bad->line,
		 strstr(bad->found, "found no key '") ? "" : bad->key);
	assert_has(place, bad->text);
	assert_has(bad->key, bad->text);
	assert_has(bad->found, bad->text);
	if (bad->allowed) {
		assert_has("allowed: ", bad->text);
		assert_has(bad->allowed, strstr(folder.message, "allowed: "));
	}
	if (strchr(folder.message, '\n') != folder.message + strlen(folder.message) - 1)
		fail_msg("more than one message: %s", folder.message);
}

static void
test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_cases) / sizeof(bad_cases[0]); i++) {
		struct experiment *experiment = NULL;
		int error = config_open(&folder, bad_cases[i].text, NULL, 0, &experiment);

		if (error != -EINVAL)
			fail_msg("%d for:\n%s", error, bad_cases[i].text);
		assert_null(experiment);
		assert_message(&bad_cases[i]);
	}
}

static void
test_set(void **state)
{
	static const struct {
		struct assignment set;
		const char *message;
	} cases[] = {
		{{"measure.pairs", "0"}, "--set measure.pairs: found '0', allowed: 1 to 256"},
		{{"measure.pear", "1"}, "--set measure.pear: found a key that is not known here"},
		{{"mesure.pairs", "1"}, "did you mean 'measure'?"},
		{{"traffic", "[1"}, "--set traffic: found what is not YAML"},
		{{"traffic", ""}, "--set traffic: found nothing"},
		{{"traffic", "{pcap: nowhere}"},
		 "--set traffic.pcap: found 'nowhere' (No such file"},
		{{"sources.vc.cost", "4000"},
		 "--set sources.vc.cost: found '4000', allowed: a num"},
		{{"sources.vc", "on"},
		 "--set sources.vc: found 'on', allowed: off, or a mapping of its op"},
		{{"sweep.burst", "8"}, "--set sweep.burst: found '8', allowed: a list"},
		{{"configurations.folio.burst", "8"},
		 "found 'configurations', which is no mapping"},
		{{"", "8"}, "found no key"},
		{{"a..b", "8"}, "found no key"},
		{{".a", "8"}, "found no key"},
		{{"folio", "3"}, "--set folio: found '3', allowed: 1"},
		{{"esp_key_in", "0123"}, "--set esp_key_in: in folio: found 4 hexadecimal digits"},
		{{"esp_spi_in", "4098"}, "--set esp_spi_in: in folio: found 4098 as esp_spi_in"},
		{{"measure.seed", "{a: 1, a: 2}"}, "--set measure.seed: a: found a second time"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct experiment *experiment;

		if (config_open(&folder, ONE, &cases[i].set, 1, &experiment) != -EINVAL)
			fail_msg("taken: --set %s=%s", cases[i].set.key, cases[i].set.value);
		assert_has(cases[i].message, cases[i].set.key);
	}
}

/* A plan of 4097 cells at least; and sweeps whose product fits no number. */
static void
test_plan_is_too_large(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	struct experiment *experiment;

	(void)state;
	fputs(NAIVE "sweep:\n", file);
	for (int axis = 0; axis < 2; axis++) {
		fprintf(file, "  sources.%s.cost: [", axis ? "vc" : "psc");
		for (int i = 0; i < 70; i++)
			fprintf(file, "%s%d cycles", i ? ", " : "", i);
		fputs("]\n", file);
	}
	assert_int_equal(fclose(file), 0);
	assert_int_equal(config_open(&folder, text, NULL, 0, &experiment), -EINVAL);
	assert_has("x.yaml:6: sweep: found a plan of more than 4096 cells (configurations 1 x "
		   "traffic ",
		   text);
	free(text);
}

static void
test_captures_of_one_name(void **state)
{
	struct experiment *experiment;

	(void)state;
	config_write(&folder, "f.pcap", "x", 1);
	config_write(&folder, "costs/f.pcap", "x", 1);
	assert_int_equal(config_open(&folder,
				     ONE
				     "sweep:\n  traffic: [{pcap: f.pcap}, {pcap: costs/f.pcap}]\n",
				     NULL, 0, &experiment),
			 -EINVAL);
	assert_has("x.yaml:7: sweep.traffic[1]: found 'pcap:", "two captures");
	assert_has("allowed: file names that differ", "two captures");
}

static void
test_too_large_a_file(void **state)
{
	char *text = malloc((1 << 20) + 2);
	struct experiment *experiment;

	(void)state;
	assert_non_null(text);
	memset(text, '#', (1 << 20) + 1);
	text[(1 << 20) + 1] = '\0';
	assert_int_equal(config_open(&folder, text, NULL, 0, &experiment), -EFBIG);
	assert_has("x.yaml: found more than 1 MiB", "a large file");
	free(text);
}

static void
keep_message(enum log_level level, const char *text, void *arg)
{
	(void)level, (void)arg;
	snprintf(folder.message, sizeof(folder.message), "%s", text);
}

static int
open_path(const char *path)
{
	struct experiment *experiment;
	int error;

	log_set_sink(keep_message, NULL);
	error = experiment_open(path, folder.costs, NULL, 0, &experiment);
	log_set_sink(NULL, NULL);
	return error;
}

static void
test_what_cannot_be_read(void **state)
{
	char path[1024];

	(void)state;
	assert_int_equal(open_path("/no/such/file.yaml"), -ENOENT);
	assert_has("/no/such/file.yaml: cannot be read: No such file or directory", "missing");
	assert_int_equal(open_path(folder.path), -EISDIR);
	assert_has("cannot be read: Is a directory", "a folder");
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(open_path(path), -ENAMETOOLONG);
	assert_has("found a path of 1023 bytes", "a long path");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_plan_is_too_large),
		cmocka_unit_test(test_captures_of_one_name),
		cmocka_unit_test(test_too_large_a_file),
		cmocka_unit_test(test_what_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, config_set_up, config_tear_down);
}

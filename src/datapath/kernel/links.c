/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/kernel/links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "base/log.h"

#define MESSAGE_BYTES 1024u

int
links_open(struct mnl_socket **out)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int error;

	if (socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0) {
		*out = socket;
		return 0;
	}
	error = -errno;
	log_error("rtnetlink socket: %s", strerror(-error));
	if (socket)
		mnl_socket_close(socket);
	return error;
}

void
links_close(struct mnl_socket *socket)
{
	if (socket)
		mnl_socket_close(socket);
}

/* The kernel's answer to one request: 0 or -errno. */
static int
ask(struct mnl_socket *socket, struct nlmsghdr *request)
{
	char answer[MESSAGE_BYTES];
	ssize_t bytes;

	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	bytes = mnl_socket_recvfrom(socket, answer, sizeof(answer));
	if (bytes < 0)
		return -errno;
	return mnl_cb_run(answer, (size_t)bytes, 0, mnl_socket_get_portid(socket), NULL, NULL) < 0 ?
		       -errno :
		       0;
}

/* Of an object's last step. */
static int
report(int error, const char *what, const char *name)
{
	if (error)
		log_error("%s %s in a network namespace of its own: %s", what, name,
			  strerror(-error));
	return error;
}

static struct ifinfomsg *
put_link(struct nlmsghdr *request, const char *name)
{
	struct ifinfomsg *link;

	request->nlmsg_type = RTM_NEWLINK;
	link = mnl_nlmsg_put_extra_header(request, sizeof(*link));
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	return link;
}

int
links_add_bridge(struct mnl_socket *socket, const char *name)
{
	char buf[MESSAGE_BYTES];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct nlattr *info, *data;

	request->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	put_link(request, name);
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(request, IFLA_INFO_DATA);
	mnl_attr_put_u32(request, IFLA_BR_AGEING_TIME, 0);
	mnl_attr_put_u8(request, IFLA_BR_MCAST_SNOOPING, 0);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	return report(ask(socket, request), "bridge", name);
}

/* A kernel without IPv6 has nothing to turn off. */
static int
forbid_ipv6_addresses(struct mnl_socket *socket, const char *name)
{
	char buf[MESSAGE_BYTES];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct nlattr *families, *ipv6;
	int error;

	put_link(request, name);
	families = mnl_attr_nest_start(request, IFLA_AF_SPEC);
	ipv6 = mnl_attr_nest_start(request, AF_INET6);
	mnl_attr_put_u8(request, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(request, ipv6);
	mnl_attr_nest_end(request, families);
	error = ask(socket, request);
	return error == -EAFNOSUPPORT ? 0 : error;
}

static int
bring_up(struct mnl_socket *socket, const char *name, const struct rte_ether_addr *mac,
	 const char *bridge)
{
	char buf[MESSAGE_BYTES];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *link = put_link(request, name);

	link->ifi_flags = link->ifi_change = IFF_UP;
	if (mac)
		mnl_attr_put(request, IFLA_ADDRESS, sizeof(*mac), mac);
	if (bridge)
		mnl_attr_put_u32(request, IFLA_MASTER, if_nametoindex(bridge));
	return ask(socket, request);
}

int
links_up(struct mnl_socket *socket, const char *name, const struct rte_ether_addr *mac,
	 const char *bridge)
{
	int error = forbid_ipv6_addresses(socket, name);

	if (!error)
		error = bring_up(socket, name, mac, bridge);
	return report(error, "link", name);
}

int
links_add_address(struct mnl_socket *socket, const char *name, uint32_t address,
		  uint8_t prefix_bits)
{
	char buf[MESSAGE_BYTES];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *message;

	request->nlmsg_type = RTM_NEWADDR;
	request->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	message = mnl_nlmsg_put_extra_header(request, sizeof(*message));
	message->ifa_family = AF_INET;
	message->ifa_prefixlen = prefix_bits;
	message->ifa_index = if_nametoindex(name);
	mnl_attr_put_u32(request, IFA_LOCAL, htonl(address));
	mnl_attr_put_u32(request, IFA_ADDRESS, htonl(address));
	return report(ask(socket, request), "IPv4 address of", name);
}

int
links_add_neighbour(struct mnl_socket *socket, const char *name, uint32_t address,
		    const struct rte_ether_addr *mac)
{
	char buf[MESSAGE_BYTES];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct ndmsg *message;

	request->nlmsg_type = RTM_NEWNEIGH;
	request->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	message = mnl_nlmsg_put_extra_header(request, sizeof(*message));
	message->ndm_family = AF_INET;
	message->ndm_ifindex = (int)if_nametoindex(name);
	message->ndm_state = NUD_PERMANENT;
	mnl_attr_put_u32(request, NDA_DST, htonl(address));
	mnl_attr_put(request, NDA_LLADDR, sizeof(*mac), mac);
	return report(ask(socket, request), "neighbour of", name);
}

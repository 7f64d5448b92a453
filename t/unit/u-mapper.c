/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mapper.h"

/*
 * In a network of its own, with a router of PCP that the test plays, and somebody else in the
 * local network.
 */

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "gateway.h"
#include "log.h"
#include "tap.h"
#include "until.h"

#define ROUTER	 "10.9.8.1"
#define OURS	 "10.9.8.2"
#define SOMEBODY "10.9.8.3"

enum { PATIENCE = 20 * 1000 };

static uv_loop_t loop;
static unsigned changed, heard, removals;
static uv_udp_t router, somebody;
static enum { SILENT, GRANTS, SOMEBODY_GRANTS } router_does;

/* meson.build has this called in place of what asks the kernel. */
bool __wrap_gateway_find(struct netaddr *gateway, struct netaddr *own);

bool __wrap_gateway_find(struct netaddr *gateway, struct netaddr *own)
{
	netaddr_parse(ROUTER ":1", gateway);
	netaddr_parse(OURS ":1", own);
	gateway->port = own->port = 0;
	return true;
}

static void add_address(int fd, const char *name, const char *ip)
{
	struct ifreq r = { 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&r.ifr_addr;

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (ip) {
		in->sin_family = AF_INET;
		inet_pton(AF_INET, ip, &in->sin_addr);
		ioctl(fd, SIOCSIFADDR, &r);
	} else {
		r.ifr_flags = IFF_UP;
		ioctl(fd, SIOCSIFFLAGS, &r);
	}
}

static bool make_network(void)
{
	int fd;

	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return false;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	add_address(fd, "lo", NULL);
	add_address(fd, "lo:1", ROUTER);
	add_address(fd, "lo:2", OURS);
	add_address(fd, "lo:3", SOMEBODY);
	close(fd);
	return true;
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *out)
{
	static char data[2000];

	*out = uv_buf_init(data, sizeof(data));
}

/* Any request is granted, for as long as it asks for. */
static void on_request(uv_udp_t *socket, ssize_t n, const uv_buf_t *buf,
		       const struct sockaddr *from, unsigned flags)
{
	uv_buf_t answer = uv_buf_init(buf->base, 60);

	if (n != 60 || buf->base[0] != 2)
		return;
	heard++;
	removals += !memcmp(buf->base + 4, "\0\0\0", 4);
	if (router_does == SILENT)
		return;
	buf->base[1] = (char)0x81;
	memset(buf->base + 8, 0, 16);
	buf->base[11] = 7;
	memcpy(buf->base + 56, "\x09\x09\x01\x01", 4);
	memcpy(buf->base + 42, buf->base + 40, 2);
	uv_udp_try_send(router_does == GRANTS ? &router : &somebody, &answer, 1, from);
}

static void listen_at(uv_udp_t *socket, const char *ip)
{
	struct sockaddr_in in;

	uv_udp_init(&loop, socket);
	uv_ip4_addr(ip, MAPPING_PORT, &in);
	uv_udp_bind(socket, (struct sockaddr *)&in, 0);
	uv_udp_recv_start(socket, on_alloc, on_request);
}

static void on_changed(void *owner)
{
	changed++;
}

static bool is_resting(void *m)
{
	return mapper_mapping(m)->state == MAPPING_RESTING;
}

static bool is_held(void *m)
{
	return port_mapping_external(mapper_mapping(m));
}

static struct mapper *begin(void)
{
	struct mapper *m = mapper_create(&loop, on_changed, NULL);

	changed = heard = removals = 0;
	mapper_allow(m, 4711);
	mapper_use(m, MAPPING_LINK_BUSY_WORSE);
	return m;
}

int main(void)
{
	struct mapper *m;
	char text[NETADDR_TEXT_MAX] = "";

	log_init();
	log_set_level(LOG_WARNING);
	if (!make_network()) {
		printf("1..0 # SKIP no network namespace may be made\n");
		return 0;
	}
	uv_loop_init(&loop);

	m = begin();
	ok(run_until(&loop, is_resting, m, PATIENCE),
	   "nobody listens at the router: it is left alone");
	ok(strstr(mapper_mapping(m)->why, "nobody listens"), "... which the system has told");
	mapper_destroy(m);
	uv_run(&loop, UV_RUN_DEFAULT);

	listen_at(&router, ROUTER);
	listen_at(&somebody, SOMEBODY);
	router_does = SOMEBODY_GRANTS;
	m = begin();
	ok(run_until(&loop, is_resting, m, PATIENCE) && heard == MAPPING_TRIES,
	   "what somebody else answers is not heard");
	ok(!changed, "... and tells no address");
	router_does = GRANTS;
	mapper_network_changed(m);
	ok(run_until(&loop, is_held, m, PATIENCE) && changed == 1, "what the router answers is");
	if (is_held(m))
		netaddr_format(port_mapping_external(mapper_mapping(m)), text);
	is_str(text, "9.9.1.1:4711", "... with its address");
	removals = 0;
	mapper_allow(m, 0);
	ok(run_until_more(&loop, &removals, PATIENCE),
	   "it is removed when it is not wanted any more");
	mapper_allow(m, 4711);
	ok(run_until(&loop, is_held, m, PATIENCE), "and made again");
	changed = removals = 0;
	router_does = SILENT;
	mapper_destroy(m);
	ok(run_until_more(&loop, &removals, PATIENCE), "... and at the end");
	uv_close((uv_handle_t *)&router, NULL);
	uv_close((uv_handle_t *)&somebody, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(uv_loop_close(&loop), 0, "a router that says nothing then is not waited for");
	is_int(changed, 0, "and nobody is told anything any more");
	return tap_done();
}

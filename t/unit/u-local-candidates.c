/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "local-candidates.h"

/* A port that somebody else has. There are no peers, no proxies and no news of the network. */

#include <stdlib.h>
#include <unistd.h>

#include "alloc.h"
#include "connector.h"
#include "listener.h"
#include "log.h"
#include "mapper.h"
#include "netwatch.h"
#include "peer.h"
#include "seen-address.h"
#include "stun-server.h"
#include "sockaddr.h"
#include "tap.h"
#include "until.h"

enum { PATIENCE = 60 * 1000 };

static uv_loop_t loop;
static struct config config = { .transport = PATH_MASK(PATH_DIRECT),
				.direct_addresses = DIRECT_ALL };
static struct context context;
static struct peers peers;
static unsigned told;

void __wrap_peers_reload(struct peers *all);

void __wrap_peers_reload(struct peers *all)
{
	told++;
}

struct s5b_proxies *s5b_proxies_create(uv_loop_t *of, void (*changed)(void *owner), void *owner)
{
	return NULL;
}

void s5b_proxies_destroy(struct s5b_proxies *p)
{
}

void s5b_proxies_online(struct s5b_proxies *p, struct account *xmpp)
{
}

struct seen_address *seen_address_create(void (*changed)(void *owner), void *owner)
{
	return NULL;
}

void seen_address_destroy(struct seen_address *s)
{
}

void seen_address_allow(struct seen_address *s, bool allowed)
{
}

void seen_address_online(struct seen_address *s, struct account *xmpp)
{
}

void seen_address_doubt(struct seen_address *s)
{
}

const struct netaddr *seen_address(const struct seen_address *s)
{
	return NULL;
}

struct stun_server *stun_server_create(uv_loop_t *of, void (*changed)(void *owner), void *owner)
{
	return NULL;
}

void stun_server_destroy(struct stun_server *s)
{
}

void stun_server_allow(struct stun_server *s, bool allowed, const char *named, const char *jid)
{
}

void stun_server_online(struct stun_server *s, struct account *xmpp)
{
}

void stun_server_doubt(struct stun_server *s)
{
}

const struct netaddr *stun_server_seen(const struct stun_server *s, uint16_t *inside)
{
	return NULL;
}

const struct netaddr *stun_server_tcp(const struct stun_server *s)
{
	return NULL;
}

struct netwatch *netwatch_create(uv_loop_t *of,
				 void (*changed)(void *owner, enum netwatch_news news), void *owner)
{
	return NULL;
}

void netwatch_destroy(struct netwatch *n)
{
}

/* A router that has mapped the port, if it was asked for one. */
static struct port_mapping mapping;
static void (*mapping_changed)(void *owner);
static void *mapping_owner;

struct mapper *mapper_create(uv_loop_t *of, void (*changed)(void *owner), void *owner)
{
	mapping_changed = changed;
	mapping_owner = owner;
	return NULL;
}

void mapper_destroy(struct mapper *m)
{
}

void mapper_allow(struct mapper *m, uint16_t port)
{
	mapping.port = port;
}

void mapper_use(struct mapper *m, enum mapping_use use)
{
}

void mapper_network_changed(struct mapper *m)
{
}

const struct port_mapping *mapper_mapping(const struct mapper *m)
{
	return &mapping;
}

static bool tells(struct local_candidates *r, const struct netaddr *a)
{
	const struct pass pass = { .token = "1" };
	struct candidates out;

	local_candidates_fill(r, &pass, &out);
	for (size_t i = 0; i < out.n; i++)
		if (netaddr_equal(&out.addresses[i], a))
			return true;
	return false;
}

static void test_mapping(struct local_candidates *r, const struct device_key *key)
{
	const struct netaddr a = { .ip = { 9, 9, 1, 1 }, .port = 40001 };
	uint16_t port;

	config.direct_port = 0;
	local_candidates_reload(r, &config, key);
	ok(!mapping.port, "no port may be mapped where the user does not want it");
	config.port_mapping = true;
	config.direct_addresses = DIRECT_CONFIGURED;
	local_candidates_reload(r, &config, key);
	ok(!mapping.port, "... nor where only some addresses are shown");
	config.direct_addresses = DIRECT_ALL;
	local_candidates_reload(r, &config, key);
	port = local_candidates_port(r);
	ok(port && mapping.port == port, "else the port of the listener may be");
	ok(!tells(r, &a), "nothing is mapped, nothing is told");
	mapping.state = MAPPING_HELD;
	mapping.external = a;
	told = 0;
	mapping_changed(mapping_owner);
	ok(told == 1 && tells(r, &a), "what is mapped is told to devices");
	config.direct_addresses = DIRECT_CONFIGURED;
	local_candidates_reload(r, &config, key);
	ok(!mapping.port && !tells(r, &a), "... until only some addresses are shown");
	config.direct_addresses = DIRECT_ALL;
	local_candidates_reload(r, &config, key);
	local_candidates_close(r);
	ok(!mapping.port, "no listener, no port");
	mapping.state = MAPPING_OFF;
}

/* Somebody else's, on a port that is free; its number in *port. */
static int take_port(uint16_t *port)
{
	struct netaddr any = { .v6 = false };
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sockaddr_from(&any, &addr);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(struct sockaddr_in)) ||
	    listen(fd, 1) || getsockname(fd, (struct sockaddr *)&addr, &len) ||
	    !sockaddr_to((struct sockaddr *)&addr, &any))
		exit(1);
	*port = any.port;
	return fd;
}

static bool is_open(void *r)
{
	return local_candidates_port(r);
}

static bool opens(struct local_candidates *r)
{
	return run_until(&loop, is_open, r, PATIENCE);
}

int main(void)
{
	struct device_key *key;
	struct local_candidates *r;
	uint64_t left;
	int others;

	log_init();
	log_set_level(LOG_ERROR);
	uv_loop_init(&loop);
	key = device_key_generate();
	others = take_port(&config.direct_port);
	peers_init(&peers, &context);
	r = local_candidates_create(&loop, &peers, NULL, NULL);
	local_candidates_reload(r, &config, key);
	told = 0;
	is_int(local_candidates_port(r), 0, "a port that somebody else has is not ours");
	is_str(local_candidates_trouble(r, &left), uv_strerror(UV_EADDRINUSE), "... which is said");
	ok(left > 0, "... and when it is tried again");
	close(others);
	ok(opens(r), "it is tried again by itself");
	is_int(told, 1, "... and devices are told");
	ok(!local_candidates_trouble(r, &left) && left == 0, "then nothing is wrong");

	local_candidates_close(r);
	test_mapping(r, key);
	others = take_port(&config.direct_port);
	local_candidates_reload(r, &config, key);
	ok(local_candidates_trouble(r, &left), "another one that is taken");
	config.direct_addresses = DIRECT_NEVER;
	local_candidates_reload(r, &config, key);
	ok(!local_candidates_trouble(r, &left) && left == 0,
	   "is not waited for when it is wanted no more");
	config.direct_addresses = DIRECT_ALL;
	local_candidates_reload(r, &config, key);
	local_candidates_destroy(r);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(uv_loop_close(&loop), 0, "it ends in the midst of a pause, and leaves no handle");
	close(others);
	device_key_destroy(key);
	return tap_done();
}

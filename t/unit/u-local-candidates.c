/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "local-candidates.h"

/* A port that somebody else has. There are no peers, no proxies and no news of the network. */

#include <stdlib.h>
#include <unistd.h>

#include "alloc.h"
#include "connector.h"
#include "listener.h"
#include "log.h"
#include "netwatch.h"
#include "peer.h"
#include "seen-address.h"
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

struct netwatch *netwatch_create(uv_loop_t *of,
				 void (*changed)(void *owner, enum netwatch_news news), void *owner)
{
	return NULL;
}

void netwatch_destroy(struct netwatch *n)
{
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

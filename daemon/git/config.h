/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

/*
 * What the user's git configuration says: the account, the shares, how to travel.
 * Read whole, at start and at each reload.
 */

#include "bounds.h"
#include "gitconfig.h"
#include "netaddr.h"
#include "path-selector.h"
#include "policy.h"

enum {
	DIRECT_EXTRA_MAX = 4,
	PATH_TIMEOUT = LINK_SUSPEND_MAX / 1000,	/* seconds */
	PATH_TIMEOUT_MAX = 3600,
};

/* Bytes of memory for a git process: one that takes what others made, one that gives. */
#define RECEIVE_MEMORY (2LL << 30)
#define UPLOAD_MEMORY  (4LL << 30)

/* Which of our addresses buddies may see. */
enum direct_addresses {
	DIRECT_NEVER,		/* false: none, so we neither listen nor dial */
	DIRECT_CONFIGURED,	/* configured: those of xmpp.directAddress, and where we dial
				   from */
	DIRECT_ALL,		/* true: those of our interfaces too */
};

struct config {
	struct gitconfig all;		/* what was read; owned */
	char *account;			/* its name; NULL: none configured */
	char *jid;			/* bare */
	char *server;			/* host[:port], or NULL */
	char *ca_file;
	char *password_command;
	/* how links travel */
	unsigned transport;		/* xmpp.transport: kinds of path allowed, PATH_MASK() */
	enum direct_addresses direct_addresses;	/* xmpp.directAddresses */
	bool direct_local;		/* xmpp.directLocal: loopback and link-local ones too */
	uint16_t direct_port;		/* xmpp.directPort; 0: any */
	struct netaddr direct_extra[DIRECT_EXTRA_MAX];	/* xmpp.directAddress: told first */
	size_t n_direct_extra;
	uint64_t bandwidth;		/* xmpp.bandwidth: bytes a second in-band; 0: no limit */
	uint64_t receive_memory;	/* xmpp.receiveMemory, for a git that takes a pack; 0: no
					   limit */
	uint64_t upload_memory;		/* xmpp.uploadMemory, for one that makes one; 0: no limit */
	unsigned path_timeout;		/* xmpp.pathTimeout: seconds a link waits for another
					   path */
};

/* What is wrong in it is logged and left out. NULL with *trouble if it cannot be read at all. */
struct config *config_read(struct message *trouble);
void config_free(struct config *c);

/* Adds the shares of [xmppShare "name"] sections. */
void config_read_shares(const struct config *c, struct policy *policy);

/* The account part is the same in both. */
bool config_same_account(const struct config *a, const struct config *b);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

/*
 * What the user's git configuration says to one account: how to log in, its shares, which paths
 * to use. The configuration is read as a whole, at the start and at each reload.
 */

#include "account-list.h"
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

/*
 * Default limits of memory in bytes for a git process that receives a pack, and for one that
 * makes a pack.
 */
#define RECEIVE_MEMORY (2LL << 30)
#define UPLOAD_MEMORY  (4LL << 30)

/* Which of our addresses buddies may see. */
enum direct_addresses {
	DIRECT_NEVER,		/* false: none; we neither listen nor dial */
	DIRECT_CONFIGURED,	/* configured: those of xmpp.directAddress, and those we dial
				   from */
	DIRECT_ALL,		/* true: also those of our interfaces */
};

struct config {
	struct gitconfig all;		/* all entries; owned */
	char *account;			/* its name; NULL: none configured */
	bool preferred;			/* it is the default account, or there is none */
	bool divided;			/* some sections say which account they are for */
	char *jid;			/* bare */
	char *server;			/* host[:port], or NULL */
	char *ca_file;
	char *password_command;
	char *proxy;			/* of the login, proxy-url.h; or NULL */
	char *pins;			/* of the server's key, key-pins.h; or NULL */
	char **notify_command;		/* xmpp.notifyCommand: its words, ended by NULL; NULL:
					   none */
	/* which paths links may use */
	unsigned transport;		/* xmpp.transport: kinds of path allowed, PATH_MASK() */
	enum direct_addresses direct_addresses;	/* xmpp.directAddresses */
	bool direct_local;		/* xmpp.directLocal: also loopback and link-local
					   addresses */
	uint16_t direct_port;		/* xmpp.directPort; 0: any */
	struct netaddr direct_extra[DIRECT_EXTRA_MAX];	/* xmpp.directAddress: come first */
	size_t n_direct_extra;
	bool port_mapping;		/* xmpp.portMapping: the router may be asked to forward
					   the port */
	bool stun_never;		/* xmpp.stun=false */
	char *stun;			/* xmpp.stun: host[:port]; NULL: what our server
					   announces */
	uint64_t bandwidth;		/* xmpp.bandwidth: bytes a second in-band; 0: no limit */
	uint64_t receive_memory;	/* xmpp.receiveMemory: bytes for a git that receives a
					   pack; 0: no limit */
	uint64_t upload_memory;		/* xmpp.uploadMemory: bytes for a git that makes a pack;
					   0: no limit */
	unsigned path_timeout;		/* xmpp.pathTimeout: seconds that a link waits for
					   another path */
};

/*
 * What the configuration says to this row of the list of its accounts; list->count: to the
 * broker without an account. The settings of paths may be those of the account,
 * xmpp.<account>.transport, else those of all. Wrong values are logged and left out.
 */
struct config *config_make(const struct gitconfig *all, const struct account_list *list,
			   size_t row);
void config_free(struct config *c);

/*
 * Whether a section like [xmppShare "name"] is for this account: its variables "account" name
 * it or its address, or there are none and it is the default account.
 */
bool config_is_ours(const struct config *c, const char *section, const char *name);

/*
 * Adds the shares of [xmppShare "name"] sections that are for this account, and the groups of
 * [xmppGroup "name"]. A rule that is not understood forbids.
 */
void config_read_shares(const struct config *c, struct policy *policy);

/* Whether the account's settings are the same in both. */
bool config_same_account(const struct config *a, const struct config *b);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

/*
 * Shares and who may use them. A share is a name in the user's global git configuration; a
 * name from outside is never used but as a key in this table. The right to push includes
 * the right to fetch. Own devices (own JID) may do both. Everybody else may do nothing by
 * default.
 *
 * Somebody has a right as a member of a group if both the user's configuration and the
 * roster say so: the server can take a right of this kind away, and cannot give one. Before
 * the first roster was read nobody has such a right. While we are offline, or log in again,
 * the roster that was read last counts.
 */

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "grantee.h"
#include "hashtable.h"
#include "presence.h"
#include "ref-rules.h"

enum service { SERVICE_UPLOAD_PACK, SERVICE_RECEIVE_PACK, SERVICE_UPLOAD_ARCHIVE, SERVICE_COUNT };

enum policy_verdict {
	POLICY_ALLOWED,
	POLICY_NOT_SHARED,	/* unknown, or not shared with the asker: both look alike */
	POLICY_PUSH_DENIED,	/* may fetch, may not push */
	POLICY_UNVERIFIED,	/* may fetch, and push once the user has verified the device */
};

struct share_who {
	struct share_who *next;
	struct grantee who;
	bool push;
};

struct policy;

struct share {
	struct hashtable_node node;	/* by name; first: a cast leads back */
	struct policy *policy;		/* borrowed */
	struct share *next;
	char name[SHARE_NAME_MAX];
	char *path;		/* absolute; owned */
	struct share_who *who;	/* owned */
	struct ref_patterns protect;
	uint64_t max_pack;	/* bytes; 0: no limit of this share's own */
	bool fetch_verified;	/* only verified devices may use it */
	bool push_verified;	/* only verified devices may push */
	bool faulty;		/* a rule of it was not understood: nobody pushes */
};

/* A group whose members the user has accepted. */
struct policy_group {
	struct policy_group *next;
	char name[GROUP_NAME_MAX];
	struct hashtable members;	/* by bare JID; owned */
	struct group_member *first;	/* of them */
};

/* A device that wants something. The caller has checked that it is a trusted one of jid. */
struct subject {
	const char *jid;	/* bare */
	bool verified;		/* the user has verified the device */
	const struct buddy *buddy;	/* of the roster; NULL: it has no jid, or was not read */
};

struct policy *policy_create(const char *own_jid);	/* own_jid may be NULL */
void policy_destroy(struct policy *p);

/*
 * Finds or makes a share; NULL if the name is not valid. A share without a path is shared
 * with nobody.
 */
struct share *policy_share(struct policy *p, const char *name);
void share_set_path(struct share *s, const char *path);
/* who: as in grantee.h. False if it is not that, or if it has a pattern and is to fetch. */
bool share_allow(struct share *s, const char *who, bool push);

/* False if group_name_valid() is, or jid is not a bare JID. */
bool policy_group_add(struct policy *p, const char *group, const char *jid);
/* All shares were read: leaves the groups that one of them names, also those without members. */
void policy_groups_settle(struct policy *p);
const struct policy_group *policy_groups(const struct policy *p);	/* the first; then ->next */
bool policy_group_has(const struct policy_group *g, const char *jid);

const struct share *policy_find(const struct policy *p, const char *name);
const struct share *policy_first(const struct policy *p);

/*
 * Whether any share may be for jid, which is bare and normalised: false is certain, and costs
 * the same however many shares there are.
 */
bool policy_concerns(const struct policy *p, const char *jid);

/*
 * Authorizes a device. *share is set if the verdict is POLICY_ALLOWED, else it is NULL.
 */
enum policy_verdict policy_check(const struct policy *p, const struct subject *subject,
				 enum service service, const char *name,
				 const struct share **share);

/* The rules of a push by this device, for ref_rules_finish(). It may push. */
void policy_ref_rules(const struct policy *p, const struct subject *subject,
		      const struct share *share, struct ref_rules *rules);

/* "upload-pack" and so on, without "git-"; -1 for anything else. */
int service_by_name(const char *name);
const char *service_name(enum service service);

#endif

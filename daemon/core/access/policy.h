/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

/*
 * Shares and who may use them. A share is a name in the user's global git configuration; a
 * name from outside is never used but as a key in this table. The right to push includes
 * the right to fetch. Own devices (own JID) may do both. Everybody else may do nothing by
 * default.
 */

#include <stdbool.h>

#include "address.h"

enum service { SERVICE_UPLOAD_PACK, SERVICE_RECEIVE_PACK, SERVICE_UPLOAD_ARCHIVE, SERVICE_COUNT };

enum policy_verdict {
	POLICY_ALLOWED,
	POLICY_NOT_SHARED,	/* unknown, or not shared with the asker: both look alike */
	POLICY_PUSH_DENIED,	/* may fetch, may not push */
};

struct share_who {
	struct share_who *next;
	char *jid;		/* bare, or "buddies" for everybody trusted; owned */
	bool push;
};

struct share {
	struct share *next;
	char name[SHARE_NAME_MAX];
	char *path;		/* absolute; owned */
	struct share_who *who;	/* owned */
};

struct policy;

struct policy *policy_create(const char *own_jid);	/* own_jid may be NULL */
void policy_destroy(struct policy *p);

/*
 * Finds or makes a share; NULL if the name is not valid. A share without a path is shared
 * with nobody.
 */
struct share *policy_share(struct policy *p, const char *name);
void share_set_path(struct share *s, const char *path);
/* who: a bare JID or "buddies". False if it is neither. */
bool share_allow(struct share *s, const char *who, bool push);

const struct share *policy_find(const struct policy *p, const char *name);
const struct share *policy_first(const struct policy *p);

/*
 * Authorizes jid. The caller has checked that the device is a trusted one of jid. *share
 * is set if the verdict is POLICY_ALLOWED, else it is NULL.
 */
enum policy_verdict policy_check(const struct policy *p, const char *jid, enum service service,
				 const char *name, const struct share **share);

/* "upload-pack" and so on, without "git-"; -1 for anything else. */
int service_by_name(const char *name);
const char *service_name(enum service service);

#endif

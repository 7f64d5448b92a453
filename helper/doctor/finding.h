/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_FINDING_H
#define HELPER_FINDING_H

/*
 * What git xmpp doctor finds: a table of all kinds of findings, each with the area that was
 * looked at, how bad it is, a text, and the one command that mends it. Ids are stable, texts
 * are not. Pure: what is looked at is looked at elsewhere (look.h).
 */

#include <stdbool.h>
#include <stddef.h>

/* What is looked at, in this order. */
enum area {
	AREA_PROGRAMS,
	AREA_GIT,
	AREA_CONFIGURATION,
	AREA_PASSWORD,
	AREA_SOCKET,
	AREA_BROKER,
	AREA_LOGIN,
	AREA_PATHS,
	AREA_FILES,
	AREA_SHARES,
	AREA_FOLLOWS,
	AREA_QUEUE,
	AREA_PEOPLE,
	AREA_REPOSITORY,
	AREA_COUNT
};

enum severity {
	SEVERITY_NOTE,	/* works, and could work better */
	SEVERITY_FAULT, /* something to do */
};

enum finding_id {
	FOUND_HELPER_MISSING,	   /* directory */
	FOUND_HELPER_OTHER,	   /* path, theirs, ours, directory */
	FOUND_PROGRAM_MISSING,	   /* program, directory */
	FOUND_DESCRIPTORS,	   /* limit, more */
	FOUND_GIT_OLD,		   /* version, needed */
	FOUND_GIT_DIR,		   /* variable */
	FOUND_PROTOCOL_LIMITED,	   /* value */
	FOUND_PROTOCOL_FORBIDDEN,  /* file, key */
	FOUND_CONFIGURATION,	   /* reason */
	FOUND_CONFIGURATION_FILE,  /* reason, file */
	FOUND_NO_ACCOUNT,	   /* (nothing) */
	FOUND_ACCOUNT_UNDECIDED,   /* account: one of several */
	FOUND_ACCOUNT_UNKNOWN,	   /* account, file */
	FOUND_JID_MALFORMED,	   /* account, jid, file */
	FOUND_JID_MISSPELT,	   /* account, jid, file, better */
	FOUND_VALUE,		   /* key, value, file, expected */
	FOUND_FILE_MISSING,	   /* key, value, file */
	FOUND_COMMAND_MISSING,	   /* key, program, value, file */
	FOUND_ELSEWHERE,	   /* key, value, file */
	FOUND_HELPER_UNKNOWN,	   /* key, value, file */
	FOUND_PASSWORD_NOT_KEPT,   /* (nothing) */
	FOUND_RUNTIME_DIRECTORY,   /* path */
	FOUND_SOCKET_VARIABLE,	   /* variable, reason */
	FOUND_SOCKET_DIRECTORY,	   /* reason */
	FOUND_SOCKET_MODE,	   /* path */
	FOUND_SOCKET_STALE,	   /* path */
	FOUND_LOCK_FOREIGN,	   /* path, pid */
	FOUND_BROKER_STOPPED,	   /* (nothing) */
	FOUND_BROKER_HUNG,	   /* path */
	FOUND_BROKER_PROTOCOL,	   /* reason */
	FOUND_BROKER_OTHER,	   /* theirs, ours */
	FOUND_BROKER_TROUBLE,	   /* reason */
	FOUND_ON_DEMAND,	   /* (nothing) */
	FOUND_NO_LINGER,	   /* (nothing) */
	FOUND_PASSWORD_NEEDED,	   /* reason */
	FOUND_PASSWORD_COMMAND,	   /* reason */
	FOUND_AUTH_FAILED,	   /* reason */
	FOUND_CLOCK,		   /* reason */
	FOUND_CERTIFICATE,	   /* reason, hint */
	FOUND_CERTIFICATE_EXPIRED, /* reason, hint */
	FOUND_CERTIFICATE_ENDS,	   /* domain, date */
	FOUND_SERVER_SETTING,	   /* reason, key, value, file */
	FOUND_SERVER_NAME,	   /* reason, domain */
	FOUND_SERVER_UNREACHABLE,  /* reason */
	FOUND_LOGIN_ELSEWHERE,	   /* reason */
	FOUND_LOGIN,		   /* reason, hint */
	FOUND_CONNECTING,	   /* (nothing) */
	FOUND_PORT,		   /* reason */
	FOUND_IN_BAND,		   /* (nothing) */
	FOUND_KEY_MODE,		   /* path */
	FOUND_FILE_MODE,	   /* path, mode */
	FOUND_DIRECTORY_MODE,	   /* path */
	FOUND_DISK_FULL,	   /* path, free */
	FOUND_STATE_FORMAT,	   /* path, reason */
	FOUND_SHARE_FAULT,	   /* share, path, fault */
	FOUND_SHARE_OWNER,	   /* share, path */
	FOUND_SHARE_NO_REPOSITORY, /* share, path, reason */
	FOUND_SHARE_CHECKED_OUT,   /* share, path */
	FOUND_HOOK_MODE,	   /* share, path */
	FOUND_RIGHT_MALFORMED,	   /* share, key, value, file */
	FOUND_RIGHT_NOBODY,	   /* share, jid */
	FOUND_RULE,		   /* share, key, value, file */
	FOUND_FOLLOW_MALFORMED,	   /* key, value, file */
	FOUND_FOLLOW_GONE,	   /* name, remote, path, key, value, file */
	FOUND_ENTRY_DAMAGED,	   /* id, path */
	FOUND_ENTRY_MOVED,	   /* id, jid, share */
	FOUND_ENTRY_FAILED,	   /* id, jid, share, reason */
	FOUND_WAITS,		   /* text, hint */
	FOUND_REMOTE_ONE_COLON,	   /* remote, url, better */
	FOUND_REMOTE_MALFORMED,	   /* remote, url, reason */
	FOUND_REMOTE_NOBODY,	   /* remote, jid */
	FOUND_SUBMODULES,	   /* (nothing) */
	FOUND_SLOW,		   /* seconds */
	FOUND_COUNT
};

struct finding {
	enum finding_id id;
	char *text;    /* owned; may be anything: it is escaped where it is shown */
	char *command; /* owned; a line for a shell. NULL: no one command mends it */
};

struct findings {
	struct finding *rows; /* owned */
	size_t count;
	char *facts[AREA_COUNT]; /* owned; what was seen there. NULL: not looked at */
};

/*
 * Adds a finding. The arguments are name, value pairs of strings, ended by NULL, as in
 * message.h: each {name} of the text is replaced by its value, and each of the command by its
 * value quoted for a shell. A kind without a command takes the value of "hint" as it is.
 */
void findings_add(struct findings *f, enum finding_id id, ...) __attribute__((sentinel));

/* Says what was seen in an area; a later fact of the same area goes behind it. */
void findings_fact(struct findings *f, enum area area, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void findings_finish(struct findings *f);

/* The stable id, like "share-owner". */
const char *finding_name(enum finding_id id);
enum area finding_area(enum finding_id id);
enum severity finding_severity(enum finding_id id);
const char *area_name(enum area area);

/* The worst of an area, or -1 if nothing was found there; and how many faults there are. */
int findings_worst(const struct findings *f, enum area area);
size_t findings_faults(const struct findings *f);

#endif

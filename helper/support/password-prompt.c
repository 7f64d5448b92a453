/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lock is a file beside the broker's socket. It is held from the first question until it
 * is known whether the password was right, so that a command that waits finds the broker
 * online, or asks again. A process that ends loses the lock.
 */

#include "password-prompt.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account-status.h"
#include "alloc.h"
#include "gitconfig.h"
#include "lockfile.h"
#include "monotonic.h"
#include "output.h"
#include "sockpath.h"

enum {
	WAIT_MAX = 10 * 60 * 1000,	/* ms, for the answer to another command's question */
	LOOK_MS = 100,
	WAITS_MAX = 8,			/* so often the others' answers were of no use */
	LOGIN_SECONDS = 20,
};

void password_prompt_init(struct password_prompt *p)
{
	*p = (struct password_prompt){ .lock = -1 };
}

/* Whether a command tells the password of this account; then the user is not asked for it. */
static bool has_command(const char *account)
{
	char *key = xasprintf("xmpp.%s.passwordcommand", account);
	struct gitconfig configuration = { .count = 0 };
	struct message trouble;
	bool has;

	has = gitconfig_read(&configuration, &trouble) < 0 || gitconfig_get(&configuration, key);
	gitconfig_finish(&configuration);
	free(key);
	return has;
}

enum finding {
	ACCOUNT_LACKS_PASSWORD,	/* the user may know another one */
	ACCOUNT_HAS_COMMAND,	/* or nothing is known of it */
	ACCOUNT_CHANGED,	/* none has this trouble any more */
};

/* Waits until it is known what became of the login. *answer is the account's status. */
static bool await_login(const struct password_prompt *p, struct query *answer)
{
	struct message unheard;

	return account_status_wait(answer, *p->account ? p->account : NULL, LOGIN_SECONDS,
				   &unheard) == 0;
}

/* Finds the account that has this trouble, when nothing is under way that could end it. */
static enum finding find_account(const struct message *trouble, struct password_prompt *p,
				 char jid[JID_MAX])
{
	enum finding found = ACCOUNT_CHANGED;
	struct query answer = { .count = 0 };

	if (!await_login(p, &answer))
		found = ACCOUNT_HAS_COMMAND;
	for (size_t i = 0; i < answer.count && found == ACCOUNT_CHANGED; i++) {
		struct fields row = query_row(&answer, i);

		if (!row_is(row, "account") || !jid_bare(row_get(row, "jid"), jid) ||
		    strcmp(row_get(row, "error-id"), message_name(trouble->id)) != 0)
			continue;
		snprintf(p->account, sizeof(p->account), "%s", row_get(row, "name"));
		found = has_command(p->account) ? ACCOUNT_HAS_COMMAND : ACCOUNT_LACKS_PASSWORD;
	}
	query_finish(&answer);
	return found;
}

static char *lock_path(void)
{
	char socket[SOCKPATH_MAX], *slash;
	struct message trouble;

	if (sockpath_find(socket, &trouble) < 0)
		return NULL;
	slash = strrchr(socket, '/');
	return xasprintf("%.*s/password.lock", (int)(slash - socket), socket);
}

/*
 * Takes the lock. False if another command held it: that one has asked, or has ended. Without
 * a place for the lock everybody asks.
 */
static bool lock(struct password_prompt *p, bool (*gone)(void))
{
	int64_t deadline = monotonic_ms() + WAIT_MAX;
	char *path = lock_path();
	struct message trouble = { .id = MSG_NONE };
	bool waited = false;

	while (path && p->lock < 0) {
		p->lock = lockfile_take(path, &trouble);
		if (p->lock >= 0 || trouble.id != MSG_NONE)
			break;
		if (!waited && isatty(STDERR_FILENO))
			report("xmpp", "another command asks for the password");
		waited = true;
		if (monotonic_ms() >= deadline || (gone && gone()))
			break;
		poll(NULL, 0, LOOK_MS);
	}
	free(path);
	return !waited;
}

/* Takes the next password that could be the right one. */
static bool get(struct password_prompt *p, const struct message *trouble)
{
	struct password_source *s = &p->source;

	if (password_source_find(s))
		return true;
	if (!password_source_can_ask(s))
		return false;
	if (s->asked || trouble->id == MSG_AUTH_FAILED)
		report("error", "%s", trouble->text);
	return password_source_ask(s);
}

/* As password_prompt_again(), but the login that it has caused may go on. */
static bool change_password(struct password_prompt *p, const struct message *trouble,
			    bool (*gone)(void))
{
	struct message unheard;
	enum finding found;
	char jid[JID_MAX];

	found = find_account(trouble, p, jid);
	if (found != ACCOUNT_LACKS_PASSWORD)
		return found == ACCOUNT_CHANGED && ++p->waits < WAITS_MAX;
	if (!p->begun)
		password_source_init(&p->source, jid);
	p->begun = true;
	if (p->given && trouble->id == MSG_AUTH_FAILED)
		password_source_refuse(&p->source);
	p->given = false;
	if (p->lock < 0 && !lock(p, gone))
		return p->lock >= 0 && ++p->waits < WAITS_MAX;
	p->given = get(p, trouble) && password_source_give(&p->source, &unheard);
	return p->given;
}

bool password_prompt_again(struct password_prompt *p, const struct message *trouble,
			   bool (*gone)(void))
{
	struct query answer = { .count = 0 };
	struct fields row;

	if (trouble->id != MSG_PASSWORD_NEEDED && trouble->id != MSG_AUTH_FAILED)
		return false;
	if (!credential_can_ask() || !change_password(p, trouble, gone))
		return false;
	if (p->given && await_login(p, &answer))
		p->taken = account_status(&answer, p->account, &row) == ACCOUNT_STATUS_ONLINE;
	query_finish(&answer);
	return true;
}

void password_prompt_finish(struct password_prompt *p)
{
	if (p->taken && !p->source.credential.stored)
		credential_approve(&p->source.credential, NULL);
	if (p->begun)
		password_source_finish(&p->source);
	if (p->lock >= 0)
		close(p->lock);
	password_prompt_init(p);
}

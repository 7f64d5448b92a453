/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The name in the store is the local part and the host the domain, so that a
 * prompt reads "Password for 'xmpp://alice@example.org': ". git prints all it
 * knows of a credential, and wants it back in the same form.
 */

#include "credential.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "git-child.h"
#include "jid.h"

/* An old allocation may hold what was typed: room for all of it is made at first. */
enum { DESCRIPTION_ROOM = 16384 };

static const char password_key[] = "password=";

bool credential_fill(struct credential *credential, const char *jid)
{
	static const char *const args[] = { "credential", "fill", NULL };
	const char *domain = jid_domain(jid);
	char *input = xasprintf("protocol=xmpp\nhost=%s\nusername=%.*s\n\n", domain,
				(int)(domain - jid - 1), jid);
	int status;

	*credential = (struct credential){ .description = { 0 } };
	buf_reserve(&credential->description, DESCRIPTION_ROOM);
	status = git_run(args, input, &credential->description, GIT_ERRORS_SHOWN);
	free(input);
	return status == 0;
}

char *credential_password(const struct credential *credential)
{
	const char *line = buf_data(&credential->description);
	const char *end = line + buf_len(&credential->description);

	while (line < end) {
		const char *newline = memchr(line, '\n', end - line);
		size_t n = (newline ? newline : end) - line;

		if (n > strlen(password_key) && !strncmp(line, password_key, strlen(password_key)))
			return xstrndup(line + strlen(password_key), n - strlen(password_key));
		line += n + 1;
	}
	return NULL;
}

void credential_free_text(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void tell(const struct credential *credential, const char *what)
{
	const char *const args[] = { "credential", what, NULL };
	char *input = xasprintf("%.*s\n", (int)buf_len(&credential->description),
				buf_data(&credential->description));

	git_run(args, input, NULL, GIT_ERRORS_SHOWN);
	credential_free_text(input);
}

void credential_approve(const struct credential *credential)
{
	tell(credential, "approve");
}

void credential_reject(const struct credential *credential)
{
	tell(credential, "reject");
}

bool credential_is_kept(const char *jid)
{
	char *url = xasprintf("xmpp://%s", jid_domain(jid));
	const char *const args[] = { "config", "--get-urlmatch", "credential.helper", url, NULL };
	struct buf helper = { 0 };
	bool kept = git_run(args, NULL, &helper, GIT_ERRORS_HIDDEN) == 0;

	kept = kept && strcmp(buf_str(&helper), "\n");
	buf_finish(&helper);
	free(url);
	return kept;
}

void credential_finish(struct credential *credential)
{
	if (credential->description.base)
		explicit_bzero(credential->description.base, credential->description.cap);
	buf_finish(&credential->description);
}

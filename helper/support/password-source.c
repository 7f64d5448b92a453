/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "password-source.h"

#include <stdio.h>
#include <string.h>

#include "output.h"
#include "query.h"

void password_source_init(struct password_source *s, const char *jid)
{
	*s = (struct password_source){ .found = 0 };
	snprintf(s->jid, sizeof(s->jid), "%s", jid);
}

void password_source_finish(struct password_source *s)
{
	credential_finish(&s->credential);
	credential_free_text(s->refused);
	s->refused = NULL;
}

bool password_source_find(struct password_source *s)
{
	char *password = NULL;
	bool found;

	if (s->only_asks || s->found == PASSWORDS_MAX)
		return false;
	if (credential_find(&s->credential, s->jid))
		password = credential_password(&s->credential);
	found = password && (!s->refused || strcmp(password, s->refused) != 0);
	credential_free_text(password);
	s->found += found;
	if (!found)
		credential_finish(&s->credential);
	return found;
}

bool password_source_can_ask(const struct password_source *s)
{
	return s->asked < PASSWORDS_MAX && credential_can_ask();
}

/* A new password is asked for twice, since nobody else knows it. */
static bool is_same_again(const struct password_source *s, const char *password)
{
	struct credential again;
	char *second = NULL;
	bool same;

	if (credential_ask(&again, s->jid))
		second = credential_password(&again);
	same = second && !strcmp(second, password);
	if (second && !same)
		report("error", "the two that were typed differ");
	credential_finish(&again);
	credential_free_text(second);
	return same;
}

bool password_source_ask(struct password_source *s)
{
	char *password = NULL;
	bool given;

	s->asked++;
	if (credential_ask(&s->credential, s->jid))
		password = credential_password(&s->credential);
	given = password && (!s->registers || is_same_again(s, password));
	credential_free_text(password);
	return given;
}

bool password_source_give(const struct password_source *s, struct message *trouble)
{
	char *password = credential_password(&s->credential);
	struct buf command = { .secret = true };
	struct query answer;
	bool good;

	fields_add(&command, "verb", "password");
	fields_add(&command, "jid", s->jid);
	fields_add(&command, "password", password);
	if (s->registers)
		fields_add(&command, "register", "1");
	good = query_get(&answer, &command, true, trouble) == 0;
	query_finish(&answer);
	buf_finish(&command);
	credential_free_text(password);
	return good;
}

void password_source_refuse(struct password_source *s)
{
	credential_free_text(s->refused);
	s->refused = credential_password(&s->credential);
	if (s->credential.stored) {
		credential_reject(&s->credential);
		if (credential_look(&s->credential, s->jid) == CREDENTIAL_KEPT)
			report("error", "a credential helper still has this password");
	}
	credential_finish(&s->credential);
}

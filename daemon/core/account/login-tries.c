/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "login-tries.h"

const char *login_stage_name(enum login_stage stage)
{
	static const char *const names[] = {
		[LOGIN_STAGE_DNS] = "dns",   [LOGIN_STAGE_PROXY] = "proxy",
		[LOGIN_STAGE_TCP] = "tcp",   [LOGIN_STAGE_TLS] = "tls",
		[LOGIN_STAGE_SASL] = "sasl", [LOGIN_STAGE_BIND] = "bind",
		[LOGIN_STAGE_DONE] = "done",
	};

	return names[stage];
}

void login_tries_begin(struct login_tries *t)
{
	t->count = 0;
}

/* The last place is used again, so that the last try is always there. */
struct login_try *login_tries_add(struct login_tries *t)
{
	struct login_try *try =
		&t->list[t->count < LOGIN_TRIES_MAX ? t->count : LOGIN_TRIES_MAX - 1];

	t->count++;
	*try = (struct login_try){ .until = 0 };
	return try;
}

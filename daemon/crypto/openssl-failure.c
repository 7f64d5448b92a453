/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "openssl-failure.h"

#include <stdlib.h>

#include <openssl/err.h>

#include "log.h"

void openssl_failure(const char *what)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	log_error("cannot %s: %s", what, why ? why : "no memory");
	abort();
}

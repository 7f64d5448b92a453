/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pass.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool pass_identity(const char *identity, char token[PASS_TOKEN_LEN + 1], uint64_t *number)
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(identity) != PASS_IDENTITY_LEN || strspn(identity, digits) != PASS_TOKEN_LEN ||
	    identity[PASS_TOKEN_LEN] != '.' ||
	    strspn(identity + PASS_TOKEN_LEN + 1, digits) != PASS_NUMBER_LEN)
		return false;
	memcpy(token, identity, PASS_TOKEN_LEN);
	token[PASS_TOKEN_LEN] = '\0';
	return sscanf(identity + PASS_TOKEN_LEN + 1, "%16" SCNx64, number) == 1;
}

/* The anti-replay window of RFC 4303 3.4.3. */
bool pass_is_new(const struct pass_seen *seen, uint64_t number)
{
	uint64_t behind = seen->highest - number;

	if (number > seen->highest)
		return true;
	return number && behind < PASS_WINDOW && !(seen->before >> behind & 1);
}

void pass_mark(struct pass_seen *seen, uint64_t number)
{
	uint64_t ahead;

	if (number <= seen->highest) {
		if (seen->highest - number < PASS_WINDOW)
			seen->before |= (uint64_t)1 << (seen->highest - number);
		return;
	}
	ahead = number - seen->highest;
	seen->before = (ahead < PASS_WINDOW ? seen->before << ahead : 0) | 1;
	seen->highest = number;
}

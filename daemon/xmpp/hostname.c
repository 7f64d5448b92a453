/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hostname.h"

/* libidn2's aliases for libidn's names would clash with libidn, which is used here, too. */
#define IDN2_SKIP_LIBIDN_COMPAT
#include <arpa/inet.h>
#include <idn-free.h>
#include <idn2.h>
#include <idna.h>
#include <string.h>

#include "alloc.h"
#include "text.h"

/*
 * The names that come here were prepared by nameprep, as JIDs are. IDNA 2008 refuses symbols,
 * which nameprep leaves. Domains with symbols were registered under IDNA 2003, so they are
 * looked up by its rules, with libidn.
 */

static bool is_ascii(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name >= 0x80)
			return false;
	return true;
}

char *hostname_ascii(const char *name)
{
	char *found = NULL, *ascii;

	if (is_ascii(name))
		return xstrdup(name);
	if (idn2_to_ascii_8z(name, &found, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK) {
		ascii = xstrdup(found);
		idn2_free(found);
		return ascii;
	}
	if (!text_utf8_valid(name, strlen(name)) ||
	    idna_to_ascii_8z(name, &found, IDNA_ALLOW_UNASSIGNED) != IDNA_SUCCESS)
		return xstrdup(name);
	ascii = xstrdup(found);
	idn_free(found);
	return ascii;
}

bool hostname_address(const char *domain, char out[INET6_ADDRSTRLEN])
{
	unsigned char bytes[sizeof(struct in6_addr)];
	size_t n = strlen(domain);
	bool brackets = n > 2 && domain[0] == '[' && domain[n - 1] == ']';

	domain += brackets;
	n -= brackets ? 2 : 0;
	if (n >= INET6_ADDRSTRLEN)
		return false;
	memcpy(out, domain, n);
	out[n] = '\0';
	return inet_pton(brackets ? AF_INET6 : AF_INET, out, bytes) == 1;
}

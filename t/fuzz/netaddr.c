/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"
#include "netaddr.h"

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("192.0.2.7:4711"),
	FUZZ_SEED("[2001:db8::7]:4711"),
	FUZZ_SEED("[::ffff:127.0.0.1]:1"),
	FUZZ_SEED("[64:ff9b::10.0.0.1]:65535"),
	FUZZ_SEED("[2002:7f00:1::]:22"),
	FUZZ_SEED("0.0.0.0:80"),
	FUZZ_SEED("127.128.0.1:80"),
	{ NULL, 0 },
};

static void check(const struct netaddr *a)
{
	char text[NETADDR_TEXT_MAX], again_text[NETADDR_TEXT_MAX];
	struct netaddr again;

	must(a->port != 0);
	netaddr_format(a, text);
	must(netaddr_parse(text, &again) && netaddr_equal(a, &again) &&
	     netaddr_compare(a, &again) == 0);
	netaddr_format(&again, again_text);
	must(!strcmp(text, again_text));
	/* What may be dialled without leave, may be with it; and nothing of this machine is. */
	must(!netaddr_may_dial(a, false) || netaddr_may_dial(a, true));
	must(a->v6 || (a->ip[0] != 127 && a->ip[0] != 0 && a->ip[0] < 224) ||
	     !netaddr_may_dial(a, false));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct netaddr a = { .port = 1 };
	char *text = fuzz_text(data, n);

	if (netaddr_parse(text, &a))
		check(&a);
	free(text);
	/* And as an address of IPv6, in bytes. */
	a = (struct netaddr){ .v6 = true, .port = 1 };
	memcpy(a.ip, data, n < sizeof(a.ip) ? n : sizeof(a.ip));
	must(netaddr_scope(&a) <= NETADDR_GLOBAL);
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "address.h"
#include "fuzz.h"

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("xmpp::bob@example.org/project"),
	FUZZ_SEED("xmpp://bob@example.org/a/b?device=p4xyz"),
	FUZZ_SEED("Bob@EXAMPLE.org/pro%20ject#fragment"),
	FUZZ_SEED("xmpp://bob%40example.org@[::1]:5222/project"),
	{ NULL, 0 },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = fuzz_text(data, n);
	const char *why = NULL;
	struct address a;

	if (address_parse(&a, text, &why))
		must(why && *why);
	else
		must(*a.jid && strlen(a.jid) < sizeof(a.jid) && share_name_valid(a.share) &&
		     strlen(a.device) < sizeof(a.device));
	free(text);
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "buf.h"
#include "fuzz.h"
#include "invitation-link.h"

#define KEY    "06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9"
#define SECRET "aaaqeayeaudaocajbifqydiob4"

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("xmpp:alice@example.org?git-join;key=" KEY ";secret=" SECRET),
	FUZZ_SEED("<xmpp:alice@example.org?git-join;key=" KEY ";secret=" SECRET
		  ";share=team/site%20two>\n"),
	FUZZ_SEED("XMPP:b%C3%BCcher%40x@example.org?git-join;secret=" SECRET
		  ";kind=device;key=" KEY),
	FUZZ_SEED("xmpp:alice@[::1]?git-join;;later=1;key=" KEY ";until=1764547200;secret=" SECRET
		  ";share=a"),
	{ NULL, 0 },
};

/* What was read can be written, and reads as the same. */
static void come_back(const struct invitation_link *link)
{
	struct invitation_link again;
	const char *why = NULL;
	struct buf text = { 0 };

	invitation_link_put(&text, link);
	must(buf_len(&text) < INVITATION_LINK_MAX);
	must(invitation_link_parse(&again, buf_str(&text), &why) == 0);
	must(!strcmp(again.jid, link->jid) && !strcmp(again.share, link->share) &&
	     !memcmp(again.fp, link->fp, sizeof(link->fp)) &&
	     !memcmp(again.secret, link->secret, sizeof(link->secret)) &&
	     again.device == link->device);
	buf_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = fuzz_text(data, n);
	struct invitation_link link;
	const char *why = NULL;

	if (invitation_link_parse(&link, text, &why)) {
		must(why && *why);
	} else {
		must(*link.jid && strlen(link.jid) < sizeof(link.jid));
		must(!*link.share || share_name_valid(link.share));
		come_back(&link);
	}
	free(text);
	return 0;
}

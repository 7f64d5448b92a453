/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "invitation-link.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "decimal.h"
#include "hex.h"
#include "percent.h"
#include "wipe.h"

/*
 * A link is split at '?' and at each ';' before anything is decoded, so that nothing
 * percent-encoded can move a border. A shell ends a command at ';', so a link that lost
 * everything behind the first one gets a phrase of its own.
 */

enum {
	SECRET_DIGITS = 26,	/* 130 bits, of which the last two are 0 */
	VALUE_MAX = 3 * JID_MAX,
};

static const char scheme[] = "xmpp:", query[] = "git-join";
static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("._-@/", c));
}

static void put_encoded(struct buf *out, const char *text)
{
	for (; *text; text++)
		if (is_plain(*text))
			buf_append(out, text, 1);
		else
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
}

static void put_secret(struct buf *out, const unsigned char secret[INVITATION_SECRET_BYTES])
{
	unsigned bits = 0, held = 0;

	for (unsigned i = 0; i < INVITATION_SECRET_BYTES; i++) {
		held = held << 8 | secret[i];
		for (bits += 8; bits >= 5; bits -= 5)
			buf_append(out, &base32[held >> (bits - 5) & 31], 1);
	}
	buf_append(out, &base32[held << (5 - bits) & 31], 1);
}

void invitation_link_put(struct buf *out, const struct invitation_link *link)
{
	char hex[2 * FINGERPRINT_BYTES + 1];

	hex_encode(link->fp, FINGERPRINT_BYTES, hex);
	buf_puts(out, scheme);
	put_encoded(out, link->jid);
	buf_printf(out, "?%s;key=%s", query, hex);
	if (link->until)
		buf_printf(out, ";until=%" PRIu64, link->until);
	/* Behind it, so that a link that lost its end is seen to have lost it. */
	buf_puts(out, ";secret=");
	put_secret(out, link->secret);
	if (*link->share) {
		buf_puts(out, ";share=");
		put_encoded(out, link->share);
	}
	if (link->device)
		buf_puts(out, ";kind=device");
}

static bool parse_secret(const char *s, unsigned char out[INVITATION_SECRET_BYTES])
{
	unsigned bits = 0, held = 0, n = 0;

	if (strlen(s) != SECRET_DIGITS)
		return false;
	for (; *s; s++) {
		char c = *s >= 'A' && *s <= 'Z' ? (char)(*s - 'A' + 'a') : *s;
		const char *digit = strchr(base32, c);

		if (!digit)
			return false;
		held = held << 5 | (unsigned)(digit - base32);
		bits += 5;
		if (bits < 8)
			continue;
		bits -= 8;
		out[n++] = (unsigned char)(held >> bits);
	}
	/* What is left are the two spare bits: another secret would have the same bytes. */
	return !(held & ((1U << bits) - 1));
}

/* The value of a parameter, decoded. False if it is there and malformed. *found: it is there. */
static bool find(const char *parameters, const char *key, char value[VALUE_MAX], bool *found)
{
	size_t len = strlen(key);

	*found = false;
	while (*parameters) {
		size_t n = strcspn(++parameters, ";");

		if (n > len && !memcmp(parameters, key, len) && parameters[len] == '=') {
			*found = true;
			return !percent_decode(parameters + len + 1, n - len - 1, true, value,
					       VALUE_MAX);
		}
		parameters += n;
	}
	return true;
}

static const char *parse_parameters(struct invitation_link *link, const char *parameters,
				    char value[VALUE_MAX])
{
	bool found;

	if (!*parameters)
		return "it ends at its first ';': put it in quotes";
	if (!find(parameters, "key", value, &found) || !found ||
	    strlen(value) != 2 * FINGERPRINT_BYTES ||
	    !hex_decode(value, link->fp, FINGERPRINT_BYTES))
		return found ? "its key is not whole" : "it has no key";
	if (!find(parameters, "secret", value, &found) || !found ||
	    !parse_secret(value, link->secret))
		return found ? "its secret is not whole" : "it has no secret";
	if (!find(parameters, "until", value, &found) ||
	    (found && !decimal_parse(value, INT64_MAX, &link->until)))
		return "its end is no time";
	if (!find(parameters, "share", value, &found) || (found && !share_name_valid(value)))
		return "what it names is no share";
	if (found)
		memcpy(link->share, value, strlen(value) + 1);
	if (!find(parameters, "kind", value, &found) || (found && strcmp(value, "device") != 0))
		return "it is of a kind that is not known";
	link->device = found;
	return NULL;
}

static const char *parse(struct invitation_link *link, const char *text, char value[VALUE_MAX])
{
	size_t n;

	if (strncasecmp(text, scheme, sizeof(scheme) - 1) != 0)
		return "it does not begin with 'xmpp:'";
	text += sizeof(scheme) - 1;
	n = strcspn(text, "?");
	if (percent_decode(text, n, true, value, VALUE_MAX) || !jid_bare(value, link->jid))
		return "it names no XMPP address";
	text += n;
	n = sizeof(query) - 1;
	if (!*text || strncmp(text + 1, query, n) != 0 || (text[n + 1] && text[n + 1] != ';'))
		return "it is no invitation to git-xmpp";
	return parse_parameters(link, text + 1 + n, value);
}

int invitation_link_parse(struct invitation_link *link, const char *text, const char **why)
{
	static const char around[] = " \t\r\n<>";
	char copy[INVITATION_LINK_MAX], value[VALUE_MAX];
	const char *fault = "it is too long";
	size_t n;

	memset(link, 0, sizeof(*link));
	text += strspn(text, around);
	n = strlen(text);
	while (n && strchr(around, text[n - 1]))
		n--;
	if (n < sizeof(copy)) {
		memcpy(copy, text, n);
		copy[n] = '\0';
		fault = parse(link, copy, value);
		wipe(copy, sizeof(copy));
		wipe(value, sizeof(value));
	}
	if (!fault)
		return 0;
	wipe(link, sizeof(*link));
	*why = fault;
	return -1;
}

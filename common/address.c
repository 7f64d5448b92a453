/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "address.h"

#include <string.h>

#include "percent.h"
#include "text.h"

/*
 * An address is split before it is decoded, at '?', then at the first '/', then at each
 * further '/', so that nothing percent-encoded can move a border. ('@' is no such border:
 * RFC 5122 encodes each '@' but the one between the parts of the JID.) Then each part is
 * checked for its allowed characters. Each refusal has a phrase of its own, because the
 * user sees nothing else.
 */

enum { SEGMENT_MAX = 64 };

static bool ascii_allowed(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-' || c == ' ';
}

/* What is wrong with one segment, or with a device's name; NULL if nothing. */
static const char *segment_fault(const char *s, size_t n)
{
	uint32_t c;

	if (n == 0)
		return "an empty part in the repository name";
	if (n > SEGMENT_MAX)
		return "a name that is too long";
	if (s[0] == '.')
		return "a name that begins with '.'";
	if (s[0] == '-')
		return "a name that begins with '-'";
	while (n > 0) {
		size_t len = text_utf8_decode(s, n, &c);

		if (len == 0)
			return "a name that is not UTF-8";
		if (is_terminal_control(c))
			return "a control character";
		if (c < 0x80 && !ascii_allowed(c))
			return "a character that names cannot have";
		s += len;
		n -= len;
	}
	return NULL;
}

const char *share_name_fault(const char *name)
{
	if (!*name)
		return "no repository name";
	if (strlen(name) >= SHARE_NAME_MAX)
		return "a name that is too long";
	for (;;) {
		size_t n = strcspn(name, "/");
		const char *fault = segment_fault(name, n);

		if (fault || !name[n])
			return fault;
		name += n + 1;
	}
}

bool share_name_valid(const char *name)
{
	return !share_name_fault(name);
}

static const char *parse_jid(struct address *a, const char *s, size_t n)
{
	char jid[JID_MAX];
	const char *fault = percent_decode(s, n, false, jid, sizeof(jid));

	if (fault)
		return fault;
	if (!strchr(jid, '@'))
		return "no buddy like 'user@domain' before the repository name";
	return jid_bare(jid, a->jid) ? NULL : "not a valid XMPP address before the repository name";
}

/* ".git" counts only after a name: "team/.git" does not stand for a share "team/". */
static bool ends_in_git(const char *share)
{
	size_t len = strlen(share);

	return len > 4 && !strcmp(share + len - 4, ".git") && share[len - 5] != '/';
}

static const char *parse_share(struct address *a, const char *s, size_t n)
{
	const char *fault;

	if (n > 1 && s[n - 1] == '/')
		n--;
	fault = percent_decode(s, n, false, a->share, sizeof(a->share));
	if (fault)
		return fault;
	if (ends_in_git(a->share))
		a->share[strlen(a->share) - 4] = '\0';
	return share_name_fault(a->share);
}

static const char *parse_parameter(struct address *a, const char *s, size_t n)
{
	static const char device[] = "device=";
	size_t skip = sizeof(device) - 1;
	const char *fault;

	if (n < skip || memcmp(s, device, skip))
		return "an unknown parameter after '?'";
	if (a->device[0])
		return "two devices";
	if (n == skip)
		return "no device name after 'device='";
	fault = percent_decode(s + skip, n - skip, false, a->device, sizeof(a->device));
	if (fault)
		return fault;
	/* a plain '/' separates nothing here, and no device's name has one */
	return segment_fault(a->device, strlen(a->device));
}

static const char *parse_parameters(struct address *a, const char *s)
{
	for (;;) {
		size_t n = strcspn(s, "&");
		const char *fault = parse_parameter(a, s, n);

		if (fault || !s[n])
			return fault;
		s += n + 1;
	}
}

static const char *parse(struct address *a, const char *text)
{
	static const char scheme[] = "xmpp://";
	const char *query, *slash, *fault;
	size_t n;

	if (!strncmp(text, scheme, sizeof(scheme) - 1))
		text += sizeof(scheme) - 1;
	n = strcspn(text, "?");
	query = text[n] ? text + n + 1 : NULL;
	slash = memchr(text, '/', n);

	fault = parse_jid(a, text, slash ? (size_t)(slash - text) : n);
	if (!fault && !slash)
		fault = "no repository name";
	if (!fault)
		fault = parse_share(a, slash + 1, n - (size_t)(slash + 1 - text));
	if (!fault && query)
		fault = parse_parameters(a, query);
	return fault;
}

/*
 * Leaves ASCII letters, digits, '.', '_', '-', the characters of safe and everything above
 * ASCII as they are, and encodes the rest.
 */
static void percent_encode(struct buf *out, const char *text, const char *safe)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80 ||
		    (ascii_allowed((unsigned char)*text) && *text != ' ') || strchr(safe, *text))
			buf_append(out, text, 1);
		else
			buf_printf(out, "%%%02X", (unsigned)*text);
}

void address_put(struct buf *out, const char *jid, const char *share, const char *device)
{
	percent_encode(out, jid, "@+");
	buf_append(out, "/", 1);
	percent_encode(out, share, "/");
	if (ends_in_git(share))
		buf_puts(out, ".git");
	if (!*device)
		return;
	buf_puts(out, "?device=");
	percent_encode(out, device, "");
}

int address_parse(struct address *a, const char *text, const char **why)
{
	const char *fault;

	*a = (struct address){ 0 };
	fault = parse(a, text);
	if (!fault)
		return 0;
	*why = fault;
	return -1;
}

char *address_moved(const char *url, const char *from, const char *to)
{
	static const char helper[] = "xmpp::", scheme[] = "xmpp://";
	bool whole = !strncmp(url, scheme, strlen(scheme));
	struct buf moved = { 0 };
	struct address address;
	const char *why;

	if (!whole && strncmp(url, helper, strlen(helper)) != 0)
		return NULL;
	if (address_parse(&address, whole ? url : url + strlen(helper), &why) ||
	    strcmp(address.jid, from) != 0)
		return NULL;
	buf_puts(&moved, whole ? scheme : helper);
	address_put(&moved, to, address.share, address.device);
	return buf_detach(&moved);
}

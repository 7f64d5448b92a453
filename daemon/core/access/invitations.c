/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "invitations.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "decimal.h"
#include "hex.h"
#include "jid.h"
#include "lines.h"
#include "log-budget.h"
#include "wipe.h"

/*
 * A short list, newest last. Whoever comes is looked for among all of it, for a stranger is
 * known by nothing but the secret: by JOIN_ATTEMPTS hashes an invitation when they open, by
 * one when they prove.
 */

struct invitations {
	hmac_fn *hmac;
	struct invitation *first;	/* owned */
	struct log_budget looks;	/* by domain */
	unsigned count;
};

static const char *const state_names[] = {
	[INVITATION_OPEN] = "open",
	[INVITATION_USED] = "used",
	[INVITATION_REVOKED] = "revoked",
};

struct invitations *invitations_create(hmac_fn *hmac)
{
	struct invitations *all = xcalloc(1, sizeof(*all));

	all->hmac = hmac;
	log_budget_init(&all->looks, INVITATION_LOOKS, INVITATION_LOOK_EVERY);
	return all;
}

/* Removes and frees *at. */
static void drop(struct invitations *all, struct invitation **at)
{
	struct invitation *gone = *at;

	*at = gone->next;
	all->count--;
	free(gone->jid);
	wipe(gone->secret, sizeof(gone->secret));
	free(gone);
}

void invitations_destroy(struct invitations *all)
{
	if (!all)
		return;
	while (all->first)
		drop(all, &all->first);
	log_budget_finish(&all->looks);
	free(all);
}

bool invitation_is_open(const struct invitation *one, uint64_t unix_now)
{
	return one->state == INVITATION_OPEN && unix_now < one->expires;
}

/* Since when it has been over. */
static uint64_t over_since(const struct invitation *one)
{
	return one->state == INVITATION_OPEN ? one->expires : one->ended;
}

void invitations_expire(struct invitations *all, uint64_t unix_now)
{
	struct invitation **at = &all->first;

	while (*at) {
		const struct invitation *one = *at;

		if (!invitation_is_open(one, unix_now) &&
		    unix_now > over_since(one) + INVITATION_KEPT)
			drop(all, at);
		else
			at = &(*at)->next;
	}
}

/* The place of the first one that is over. */
static struct invitation **first_over(struct invitations *all, uint64_t unix_now)
{
	struct invitation **at = &all->first;

	while (*at && invitation_is_open(*at, unix_now))
		at = &(*at)->next;
	return at;
}

static struct invitation *append(struct invitations *all, const struct invitation *as)
{
	struct invitation **at = &all->first, *one = xcalloc(1, sizeof(*one));

	while (*at)
		at = &(*at)->next;
	*one = *as;
	one->next = NULL;
	*at = one;
	all->count++;
	return one;
}

struct invitation *invitations_add(struct invitations *all, const struct invitation *as,
				   uint64_t unix_now)
{
	struct invitation *one, **over;

	invitations_expire(all, unix_now);
	if (all->count >= INVITATIONS_MAX) {
		over = first_over(all, unix_now);
		if (!*over)
			return NULL;
		drop(all, over);
	}
	one = append(all, as);
	one->state = INVITATION_OPEN;
	one->ended = 0;
	one->jid = NULL;
	return one;
}

const struct invitation *invitations_first(const struct invitations *all)
{
	return all->first;
}

struct invitation *invitations_find(const struct invitations *all, const char *id)
{
	struct invitation *one = all->first;

	while (one && strcmp(one->id, id))
		one = one->next;
	return one;
}

bool invitations_revoke(struct invitation *one, uint64_t unix_now)
{
	if (!invitation_is_open(one, unix_now))
		return false;
	one->state = INVITATION_REVOKED;
	one->ended = unix_now;
	return true;
}

bool invitations_expect(struct invitations *all, const char *inviter, const char *joiner,
			const char *sid, uint64_t now)
{
	const struct join_ends ends = { .inviter = inviter, .joiner = joiner };
	char ours[JOIN_SID_LEN + 1];
	unsigned left_out;

	if (strlen(sid) != JOIN_SID_LEN || strspn(sid, "0123456789abcdef") != JOIN_SID_LEN ||
	    !log_budget_admits(&all->looks, joiner, false, now, &left_out))
		return false;
	for (const struct invitation *one = all->first; one; one = one->next)
		for (unsigned i = 0; i < JOIN_ATTEMPTS; i++) {
			join_sid(all->hmac, one->secret, &ends, i, ours);
			if (!strcmp(ours, sid))
				return true;
		}
	return false;
}

struct invitation *invitations_proven(const struct invitations *all, const struct join_ends *ends,
				      const unsigned char exporter[JOIN_EXPORTER_BYTES],
				      const unsigned char proof[JOIN_PROOF_BYTES])
{
	struct invitation *found = NULL;
	unsigned char ours[JOIN_PROOF_BYTES];

	for (struct invitation *one = all->first; one; one = one->next) {
		join_proof(all->hmac, one->secret, false, ends, exporter, ours);
		if (join_proof_same(ours, proof))
			found = one;
	}
	return found;
}

enum invitation_verdict invitation_judge(const struct invitation *one, const struct join_ends *ends,
					 uint64_t unix_now)
{
	if (one->device != !strcmp(ends->inviter, ends->joiner))
		return INVITATION_NOT_FOR;
	if (one->state == INVITATION_USED)
		return !strcmp(one->jid, ends->joiner) &&
				       !memcmp(one->fp, ends->joiner_fp, FINGERPRINT_BYTES)
			       ? INVITATION_AGAIN
			       : INVITATION_WAS_USED;
	if (one->state == INVITATION_REVOKED)
		return INVITATION_TAKEN_BACK;
	return unix_now < one->expires ? INVITATION_GOOD : INVITATION_EXPIRED;
}

void invitation_use(struct invitation *one, const struct join_ends *ends, uint64_t unix_now)
{
	one->state = INVITATION_USED;
	one->ended = unix_now;
	free(one->jid);
	one->jid = xstrdup(ends->joiner);
	memcpy(one->fp, ends->joiner_fp, FINGERPRINT_BYTES);
}

const char *invitation_state_name(const struct invitation *one, uint64_t unix_now)
{
	if (one->state == INVITATION_OPEN && unix_now >= one->expires)
		return "expired";
	return state_names[one->state];
}

static const char *right_name(const struct invitation *one)
{
	if (one->device)
		return "device";
	if (!*one->share)
		return "-";
	return one->push ? "push" : "fetch";
}

void invitations_write(const struct invitations *all, struct buf *out)
{
	for (const struct invitation *one = all->first; one; one = one->next) {
		char secret[2 * INVITATION_SECRET_BYTES + 1], fp[2 * FINGERPRINT_BYTES + 1] = "-";

		hex_encode(one->secret, INVITATION_SECRET_BYTES, secret);
		if (one->jid)
			hex_encode(one->fp, FINGERPRINT_BYTES, fp);
		buf_printf(out, "%s %s %s %" PRIu64 " %" PRIu64 " %s %" PRIu64 " %s %s%s%s\n",
			   one->id, secret, state_names[one->state], one->made, one->expires,
			   right_name(one), one->ended, one->jid ? one->jid : "-", fp,
			   *one->share ? " " : "", one->share);
		wipe(secret, sizeof(secret));
	}
}

enum { WORDS = 9 };

/* Cuts the line into its words and the share. False if there are too few. */
static bool cut(char *line, char *words[WORDS], const char **share)
{
	for (unsigned i = 0; i < WORDS; i++) {
		words[i] = line;
		line = line ? strchr(line, ' ') : NULL;
		if (line)
			*line++ = '\0';
		else if (i + 1 < WORDS)
			return false;
	}
	*share = line ? line : "";
	return true;
}

static bool parse_state(const char *word, enum invitation_state *state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(state_names); i++)
		if (!strcmp(word, state_names[i])) {
			*state = (enum invitation_state)i;
			return true;
		}
	return false;
}

static bool parse_right(const char *word, struct invitation *one)
{
	one->device = !strcmp(word, "device");
	one->push = !strcmp(word, "push");
	if (one->push || !strcmp(word, "fetch"))
		return *one->share;
	return !*one->share && (one->device || !strcmp(word, "-"));
}

/* The JID and the key of who used it: both are there, or neither. */
static bool parse_user(const char *jid, const char *fp, struct invitation *one, char bare[JID_MAX])
{
	if (one->state != INVITATION_USED)
		return !strcmp(jid, "-") && !strcmp(fp, "-");
	return jid_bare(jid, bare) && hex_decode(fp, one->fp, FINGERPRINT_BYTES);
}

static bool parse_line(void *arg, char *line)
{
	struct invitations *all = arg;
	struct invitation one = { .next = NULL };
	unsigned char id[INVITATION_ID_BYTES];
	char *words[WORDS], bare[JID_MAX];
	const char *share;

	if (!cut(line, words, &share) || (*share && !share_name_valid(share)))
		return false;
	memcpy(one.share, share, strlen(share) + 1);
	if (!hex_decode(words[0], id, sizeof(id)) || invitations_find(all, words[0]) ||
	    !hex_decode(words[1], one.secret, sizeof(one.secret)) ||
	    !parse_state(words[2], &one.state) || !decimal_parse(words[3], INT64_MAX, &one.made) ||
	    !decimal_parse(words[4], INT64_MAX, &one.expires) || !parse_right(words[5], &one) ||
	    !decimal_parse(words[6], INT64_MAX, &one.ended) ||
	    !parse_user(words[7], words[8], &one, bare) || all->count >= INVITATIONS_MAX) {
		wipe(one.secret, sizeof(one.secret));
		return false;
	}
	hex_encode(id, sizeof(id), one.id);
	if (one.state == INVITATION_USED)
		one.jid = xstrdup(bare);
	append(all, &one);
	wipe(one.secret, sizeof(one.secret));
	return true;
}

int invitations_parse(struct invitations *all, const char *text, size_t n)
{
	return lines_parse(text, n, parse_line, all);
}

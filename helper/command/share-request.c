/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share-request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "buddy-name.h"
#include "commands.h"
#include "output.h"

static const char share_usage[] =
	"usage: git xmpp share [<path>] [--name=<name>] [--fetch=<who>]... [--push=<who>]... "
	"[--rm=<who>]... [<rule>...]\n"
	"   or: git xmpp share --accept-group=<group> [--member=<jid>]...\n"
	"   or: git xmpp share --list [--json]\n"
	"\n"
	"    --name=<name>  what it is called, in xmpp::<you>/<name>\n"
	"    --fetch=<who>  they may fetch: a buddy, group:<group> of your contact list, or\n"
	"                   \"buddies\", which are all of them\n"
	"    --push=<who>[:<pattern>]\n"
	"                   they may push, and fetch; into refs like refs/heads/bob/* only\n"
	"    --rm=<who>     they may do neither any more\n"
	"    --protect=<branch or pattern>\n"
	"                   nobody deletes it, or takes commits from it; --no-protect ends that\n"
	"    --push-requires=verified, --fetch-requires=verified\n"
	"                   from devices only whose keys were compared; trusted ends that\n"
	"    --max-pack=<size>\n"
	"                   what one push may send, like 100m; 0 is no limit\n"
	"    --accept-group=<group>\n"
	"                   who was put into the group since has its rights; asks before\n"
	"    --member=<jid> that one, without a question\n"
	"    --list         what is shared, with whom, and who had it last\n"
	"    --json         one JSON object\n"
	"\n"
	"    git xmpp share ~/src/project --fetch=buddies --push=bob\n";

/*
 * Appends who, with the address in the place of a nickname; false with *trouble. A group, and
 * what is no name, stay as they are.
 */
static bool put_who(struct buf *out, const char *who, struct message *trouble)
{
	size_t n = strcspn(who, ":");
	char *name = xstrndup(who, n), jid[JID_MAX];
	bool is_name = nickname_valid(name) && !grantee_is_word(name);
	bool good = !is_name || buddy_name_jid(name, jid, trouble);

	buf_puts(out, is_name ? jid : name);
	buf_puts(out, who + n);
	free(name);
	return good;
}

static int add_change(struct share_request *r, enum right_change kind, const char *who)
{
	struct right_wish *change = &r->changes[r->count];
	struct buf text = { 0 }, whole = { 0 };
	struct message trouble;
	struct grantee g;
	bool good;

	if (r->count == RIGHTS_MAX)
		return cmd_misused(share_usage, "too many buddies at once");
	if (!put_who(&whole, who, &trouble)) {
		buf_finish(&whole);
		return report_trouble(&trouble, false);
	}
	good = grantee_parse(&g, buf_str(&whole));
	buf_finish(&whole);
	if (!good) {
		if (strstr(who, ":refs/") || strchr(who, '*'))
			return cmd_misused(share_usage,
					   "expected <who>:refs/... with one * at most");
		message_set(&trouble, MSG_BAD_JID, "jid", who, NULL);
		return report_trouble(&trouble, false);
	}
	if (kind == RIGHT_FETCH && *g.pattern)
		return cmd_misused(share_usage, "a pattern is for --push");
	grantee_put(&g, true, &text);
	*change = (struct right_wish){ .kind = kind };
	snprintf(change->who, sizeof(change->who), "%s", buf_str(&text));
	buf_finish(&text);
	if (g.kind == GRANTEE_GROUP)
		memcpy(change->group, g.name, strlen(g.name) + 1);
	r->count++;
	return STATUS_OK;
}

static int add_rule(struct share_request *r, enum share_rule_kind kind, bool remove,
		    const char *value)
{
	struct rule_wish *change = &r->rules[r->rules_count];
	struct ref_patterns patterns = { .count = 0 };
	int64_t size;

	if (r->rules_count == RIGHTS_MAX)
		return cmd_misused(share_usage, "too many rules at once");
	*change = (struct rule_wish){ .kind = kind, .remove = remove };
	if (kind == RULE_PROTECT) {
		if (!ref_patterns_add(&patterns, value))
			return cmd_misused(share_usage, "expected a branch or refs/..., "
							"with one * at most");
		change->value = xstrdup(patterns.rows[0]);
		ref_patterns_finish(&patterns);
	} else if (kind == RULE_MAX_PACK) {
		if (!gitconfig_number(value, &size) || size < 0)
			return cmd_misused(share_usage, "expected a size like 100m");
		change->value = xstrdup(value);
	} else {
		if (strcmp(value, "verified") != 0 && strcmp(value, "trusted") != 0)
			return cmd_misused(share_usage, "expected verified or trusted");
		change->value = xstrdup(value);
	}
	r->rules_count++;
	return STATUS_OK;
}

static int add_member(struct share_request *r, const char *text)
{
	struct message trouble;
	char jid[JID_MAX];

	if (r->members_count == RIGHTS_MAX)
		return cmd_misused(share_usage, "too many members at once");
	if (!buddy_name_jid(text, jid, &trouble))
		return report_trouble(&trouble, false);
	r->members[r->members_count++] = xstrdup(jid);
	return STATUS_OK;
}

static int read_options(struct share_request *r, int argc, char **argv)
{
	static const struct option options[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "fetch", required_argument, NULL, 'f' },
		{ "push", required_argument, NULL, 'p' },
		{ "rm", required_argument, NULL, 'r' },
		{ "protect", required_argument, NULL, 'P' },
		{ "no-protect", required_argument, NULL, 'N' },
		{ "push-requires", required_argument, NULL, 'u' },
		{ "fetch-requires", required_argument, NULL, 'e' },
		{ "max-pack", required_argument, NULL, 'm' },
		{ "accept-group", required_argument, NULL, 'g' },
		{ "member", required_argument, NULL, 'M' },
		{ "list", no_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int c, status = STATUS_OK;

	while (status == STATUS_OK && (c = cmd_option(argc, argv, options, share_usage)) != -1) {
		switch (c) {
		case 'n':
			r->name = optarg;
			break;
		case 'f':
			status = add_change(r, RIGHT_FETCH, optarg);
			break;
		case 'p':
			status = add_change(r, RIGHT_PUSH, optarg);
			break;
		case 'r':
			status = add_change(r, RIGHT_REMOVE, optarg);
			break;
		case 'P':
			status = add_rule(r, RULE_PROTECT, false, optarg);
			break;
		case 'N':
			status = add_rule(r, RULE_PROTECT, true, optarg);
			break;
		case 'u':
			status = add_rule(r, RULE_PUSH_REQUIRES, false, optarg);
			break;
		case 'e':
			status = add_rule(r, RULE_FETCH_REQUIRES, false, optarg);
			break;
		case 'm':
			status = add_rule(r, RULE_MAX_PACK, false, optarg);
			break;
		case 'g':
			r->accept_group = optarg;
			break;
		case 'M':
			status = add_member(r, optarg);
			break;
		case 'l':
			r->list = true;
			break;
		case 'j':
			r->json = true;
			break;
		default:
			return STATUS_USAGE;
		}
	}
	if (status != STATUS_OK)
		return status;
	if (argc - optind > 1)
		return cmd_misused(share_usage, "too many arguments");
	if (optind < argc)
		r->path = argv[optind];
	if ((r->list || r->accept_group) && (r->path || r->name || r->count || r->rules_count))
		return cmd_misused(share_usage, "--list and --accept-group go alone");
	if (r->members_count && !r->accept_group)
		return cmd_misused(share_usage, "--member goes with --accept-group");
	if (r->accept_group && (r->list || !group_name_valid(r->accept_group)))
		return cmd_misused(share_usage, "expected the name of a group");
	return STATUS_OK;
}

int share_request_read(struct share_request *r, int argc, char **argv)
{
	*r = (struct share_request){ .changes = xcalloc(RIGHTS_MAX, sizeof(*r->changes)) };
	return read_options(r, argc, argv);
}

void share_request_finish(struct share_request *r)
{
	for (size_t i = 0; i < r->rules_count; i++)
		free(r->rules[i].value);
	for (size_t i = 0; i < r->members_count; i++)
		free(r->members[i]);
	free(r->changes);
}

bool share_request_only_takes(const struct share_request *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->changes[i].kind != RIGHT_REMOVE)
			return false;
	return r->count > 0 && !r->rules_count;
}

bool share_request_lets_push(const struct share_request *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->changes[i].kind == RIGHT_PUSH)
			return true;
	return false;
}

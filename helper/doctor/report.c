/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "alloc.h"
#include "masking.h"
#include "share-config.h"
#include "text.h"
#include "userfile.h"

enum {
	LOG_LINES_MAX = 40,
	LOG_BYTES_MAX = 16 * 1024,
	LINE_MAX_BYTES = 4096,
};

/* Both parts of an address are known, so that each is masked where it stands alone. */
static void know_jid(struct masking *m, const char *jid)
{
	const char *at = jid ? strchr(jid, '@') : NULL;
	char *part;

	if (!at)
		return;
	part = xstrndup(jid, at - jid);
	masking_know(m, MASK_BUDDY, part);
	free(part);
	part = xstrndup(at + 1, strcspn(at + 1, "/"));
	masking_know(m, MASK_SERVER, part);
	free(part);
}

static void know_follow(struct masking *m, const char *name, const char *value)
{
	const char *slash = strchr(name, '/');
	char *remote = xstrndup(value, strcspn(value, " "));

	know_jid(m, name);
	masking_know(m, MASK_SHARE, slash ? slash + 1 : NULL);
	masking_know(m, MASK_REMOTE, remote);
	free(remote);
}

static void know_configuration(struct masking *m, const struct gitconfig *c)
{
	static const struct {
		const char *section;
		enum mask mask;
	} sections[] = {
		{ "xmpp", MASK_ACCOUNT },   { "xmppshare", MASK_SHARE }, { "xmppgroup", MASK_NAME },
		{ "xmppbuddy", MASK_NAME }, { "xmppfollow", MASK_NAME },
	};

	for (size_t i = 0; i < c->count; i++) {
		const char *value = c->rows[i].value ? c->rows[i].value : "", *name;

		know_jid(m, value);
		for (size_t k = 0; k < ARRAY_SIZE(sections); k++) {
			size_t len;
			char *copy;

			if (!gitconfig_variable(&c->rows[i], sections[k].section, &name, &len))
				continue;
			copy = xstrndup(name, len);
			if (!strcmp(sections[k].section, "xmppfollow"))
				know_follow(m, copy, value);
			masking_know(m, sections[k].mask, copy);
			free(copy);
		}
	}
}

static void know_answer(struct masking *m, const struct query *answer)
{
	static const char *const keys[] = { "name", "share", "remote", "proxy" };

	for (size_t i = 0; i < answer->count; i++) {
		struct fields row = query_row(answer, i);

		know_jid(m, fields_get(row, "jid"));
		masking_know(m, MASK_ID, fields_get(row, "device"));
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			masking_know(m, MASK_NAME, fields_get(row, keys[k]));
	}
}

static void know_user(struct masking *m)
{
	const struct passwd *user = getpwuid(geteuid());
	const char *home = getenv("HOME"), *base = home ? strrchr(home, '/') : NULL;
	char host[256];

	masking_know(m, MASK_NAME, user ? user->pw_name : NULL);
	masking_know(m, MASK_NAME, base ? base + 1 : NULL);
	masking_know(m, MASK_PATH, home);
	if (gethostname(host, sizeof(host)) == 0) {
		host[sizeof(host) - 1] = '\0';
		masking_know(m, MASK_SERVER, host);
	}
}

/* PRETTY_NAME of os-release(5), without its quotes. */
static void put_distribution(struct buf *out)
{
	static const char key[] = "PRETTY_NAME=";
	FILE *f = fopen("/etc/os-release", "re");
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		const char *value = line + strlen(key);

		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		value += *value == '"';
		buf_puts(out, ", ");
		text_escape(out, value, strcspn(value, "\"\n"), false);
	}
	if (f)
		fclose(f);
}

static void put_versions(const struct look *look, struct buf *out)
{
	const char *git = look->found->facts[AREA_GIT];
	struct utsname system;
	struct fields row;

	buf_printf(out, "program   git-xmpp %s\n", PROGRAM_VERSION);
	if (query_find(&look->status, "broker", &row))
		buf_printf(out, "broker    %.32s\n", row_get(row, "version"));
	else
		buf_puts(out, "broker    none runs\n");
	buf_printf(out, "git       %s\n", git ? git : "?");
	if (uname(&system) == 0) {
		buf_printf(out, "system    %s %s %s", system.sysname, system.release,
			   system.machine);
		put_distribution(out);
		buf_puts(out, "\n");
	}
}

/* Text that others have chosen, and that is not in quotes, is not told. */
static bool is_told(enum finding_id id)
{
	return id != FOUND_WAITS && id != FOUND_ENTRY_FAILED;
}

static void put_findings(const struct look *look, struct masking *m, struct buf *out)
{
	buf_puts(out, "\nfindings\n");
	for (size_t a = 0; a < AREA_COUNT; a++) {
		if (findings_worst(look->found, a) < 0)
			buf_printf(out, "  %s  %s\n", look->found->facts[a] ? "ok" : "??",
				   area_name(a));
		for (size_t i = 0; i < look->found->count; i++) {
			const struct finding *f = &look->found->rows[i];

			if (finding_area(f->id) != a)
				continue;
			buf_printf(out, "  %s  %s: ",
				   finding_severity(f->id) == SEVERITY_FAULT ? "!!" : "--",
				   finding_name(f->id));
			if (is_told(f->id))
				masking_line(m, f->text, out);
			buf_puts(out, "\n");
		}
	}
}

/* Whether the value of a setting says nothing about anybody. */
static bool is_plain(const char *value)
{
	static const char *const words[] = { "auto",	   "direct",   "proxy",	 "inband",
					     "configured", "verified", "trusted" };
	int64_t number;
	bool is;

	if (!value || gitconfig_bool(value, &is) || gitconfig_number(value, &number))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(value, words[i]))
			return true;
	return false;
}

static void put_configuration(const struct look *look, struct masking *m, struct buf *out)
{
	buf_puts(out, "\nconfiguration\n");
	for (size_t i = 0; i < look->config.count; i++) {
		const struct gitconfig_entry *e = &look->config.rows[i];
		const char *dot = strchr(e->key, '.'), *last = strrchr(e->key, '.');
		char *name = dot < last ? xstrndup(dot + 1, last - dot - 1) : NULL;

		buf_printf(out, "  %.*s.", (int)(dot - e->key), e->key);
		if (name) {
			masking_name(m, MASK_NAME, name, out);
			buf_puts(out, ".");
		}
		buf_printf(out, "%s = %s\n", last + 1,
			   !is_plain(e->value) ? "(set)"
			   : e->value	       ? e->value
					       : "true");
		free(name);
	}
}

static void put_line(struct masking *m, const char *line, struct buf *out)
{
	struct buf masked = { 0 };

	masking_line(m, line, &masked);
	buf_puts(out, "  ");
	text_escape(out, buf_data(&masked), buf_len(&masked), false);
	buf_puts(out, "\n");
	buf_finish(&masked);
}

/* The end of the file, from the beginning of a line on. */
static void put_log(struct masking *m, struct buf *out)
{
	char *path = userfile_name(USERFILE_STATE, "daemon.log");
	FILE *f = path ? fopen(path, "re") : NULL;
	char line[LINE_MAX_BYTES], *lines[LOG_LINES_MAX] = { NULL };
	size_t n = 0;

	buf_puts(out, "\nlog\n");
	if (f && fseek(f, -LOG_BYTES_MAX, SEEK_END) == 0 && !fgets(line, sizeof(line), f))
		rewind(f);
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		free(lines[n % LOG_LINES_MAX]);
		lines[n++ % LOG_LINES_MAX] = xstrdup(line);
	}
	for (size_t i = n < LOG_LINES_MAX ? 0 : n - LOG_LINES_MAX; i < n; i++) {
		put_line(m, lines[i % LOG_LINES_MAX], out);
		free(lines[i % LOG_LINES_MAX]);
	}
	if (f)
		fclose(f);
	free(path);
}

void report_put(const struct look *look, struct buf *out)
{
	struct masking m = { .count = 0 };

	know_user(&m);
	know_configuration(&m, &look->config);
	know_answer(&m, &look->status);
	know_answer(&m, &look->buddies);
	put_versions(look, out);
	put_findings(look, &m, out);
	put_configuration(look, &m, out);
	put_log(&m, out);
	masking_finish(&m);
}

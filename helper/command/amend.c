/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A variable is changed in the file where it stands, also if another file includes that
 * file, provided that the file belongs to the user. A new variable goes to the file with
 * the rest of its section, else to the file that git config --global writes. Files of
 * somebody else, like the system's, are not changed.
 *
 * The configuration may change between its reading and the locking of the files. Then all
 * begins again.
 */
#include "amend.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "output.h"
#include "text.h"

enum {
	ROUNDS_MAX = 200,
	COMMAND_WORDS_MAX = 6,
	NOTHING_TO_UNSET = 5,	/* git config's exit status: an earlier wish has removed it
				   already */
};

/* The result of a try. */
enum outcome { AMENDED, AGAIN, REFUSED };

static void lower(char *s, size_t n)
{
	for (size_t i = 0; i < n && s[i]; i++)
		s[i] = tolower((unsigned char)s[i]);
}

void amendment_wish(struct amendment *a, enum wish_kind kind, char *key, const char *value)
{
	struct wish w = { .kind = kind, .key = key, .name = xstrdup(key), .value = xstrdup(value) };

	/* The part between the first dot and the last keeps its case. */
	lower(w.name, strcspn(w.name, "."));
	if (kind != WISH_GONE)
		lower(strrchr(w.name, '.'), SIZE_MAX);
	a->wishes = xrealloc(a->wishes, (a->count + 1) * sizeof(*a->wishes));
	a->wishes[a->count++] = w;
}

/* The file that git config --global writes; malloc'd, NULL if there is none. */
static char *global_file(void)
{
	const char *file = getenv("GIT_CONFIG_GLOBAL"), *home = getenv("HOME");
	const char *xdg = getenv("XDG_CONFIG_HOME");
	char *own, *other;

	if (file)
		return xstrdup(file);
	if (!home)
		return NULL;
	own = xasprintf("%s/.gitconfig", home);
	other = xdg && *xdg ? xasprintf("%s/git/config", xdg)
			    : xasprintf("%s/.config/git/config", home);
	if (access(own, R_OK) && !access(other, R_OK)) {
		free(own);
		return other;
	}
	free(other);
	return own;
}

/* Whether the file of this entry is the user's to change. */
static bool is_own(const struct gitconfig_entry *e)
{
	struct stat st;

	return !e->system && !stat(e->file, &st) && S_ISREG(st.st_mode) && st.st_uid == geteuid();
}

/*
 * Whether two keys have the same section and name, like "xmppshare.project" in
 * "xmppshare.project.push".
 */
static bool same_section(const char *key, const char *other)
{
	size_t n = strrchr(key, '.') - key;

	return !strncmp(key, other, n) && other[n] == '.' && !strchr(other + n + 1, '.');
}

/* Whether the entry is in this section, like "xmppshare.project". */
static bool is_of(const struct gitconfig_entry *e, const char *section)
{
	size_t n = strlen(section);

	return !strncmp(e->key, section, n) && e->key[n] == '.' && !strchr(e->key + n + 1, '.');
}

static bool has_value(const struct gitconfig_entry *e, const struct wish *w)
{
	return !strcmp(e->key, w->name) && e->value && !strcmp(e->value, w->value);
}

/*
 * The entry that keeps a wish from being true; for WISH_VALUE the entry that counts now,
 * whatever its value. NULL if there is none, and always for WISH_HAS.
 */
static const struct gitconfig_entry *obstacle(const struct gitconfig *c, const struct wish *w)
{
	const struct gitconfig_entry *last = NULL;

	if (w->kind == WISH_VALUE)
		return gitconfig_find(c, w->name);
	for (size_t i = 0; i < c->count && w->kind != WISH_HAS; i++)
		if (w->kind == WISH_GONE ? is_of(&c->rows[i], w->name) : has_value(&c->rows[i], w))
			last = &c->rows[i];
	return last;
}

static bool is_true(const struct gitconfig *c, const struct wish *w)
{
	const struct gitconfig_entry *e = obstacle(c, w);

	if (w->kind == WISH_VALUE)
		return e && has_value(e, w);
	for (size_t i = 0; i < c->count && w->kind == WISH_HAS; i++)
		if (has_value(&c->rows[i], w))
			return true;
	return w->kind != WISH_HAS && !e;
}

/* Prints, as a hint, the command that would make the change. */
static void hint_at_command(const char *file, const char *const *args)
{
	struct buf command = { 0 };

	buf_puts(&command, "git config --file ");
	text_shell(&command, file);
	for (; *args; args++) {
		buf_puts(&command, " ");
		text_shell(&command, *args);
	}
	report("hint", "The command for it is: %s", buf_str(&command));
	buf_finish(&command);
}

/* The arguments of git config that fulfil a wish. */
static void arguments(const struct wish *w, const char *key, const char *words[COMMAND_WORDS_MAX])
{
	static const char *const options[][2] = {
		[WISH_VALUE] = { "--replace-all", NULL },
		[WISH_HAS] = { "--add", NULL },
		[WISH_HAS_NOT] = { "--fixed-value", "--unset-all" },
		[WISH_GONE] = { "--unset-all", NULL },
	};
	size_t n = 0;

	for (size_t i = 0; i < 2 && options[w->kind][i]; i++)
		words[n++] = options[w->kind][i];
	words[n++] = key;
	if (w->value)
		words[n++] = w->value;
	words[n] = NULL;
}

static void explain(const char *file, const char *why, const struct wish *w, const char *key)
{
	const char *words[COMMAND_WORDS_MAX];

	arguments(w, key, words);
	report("fatal", "cannot change '%s': %s", file, why);
	hint_at_command(file, words);
}

static enum outcome edit(struct amendment *a, const char *file, const struct wish *w,
			 const char *key)
{
	const char *words[COMMAND_WORDS_MAX], *why;
	int status;

	arguments(w, key, words);
	status = staged_config(&a->staged, file, words, true, &why);
	if (status == 0 || (status == NOTHING_TO_UNSET && w->kind == WISH_HAS_NOT))
		return AMENDED;
	explain(file, status < 0 ? why : "git config failed", w, key);
	return REFUSED;
}

/*
 * Removes the section with its comments; then its variables that are left because their
 * section is spelled in another way.
 */
static enum outcome remove_section(struct amendment *a, const struct gitconfig_entry *e,
				   const struct wish *w)
{
	const char *section[] = { "--remove-section", w->key, NULL }, *why;
	const char *rest[] = { "--unset-all", e->key, NULL };

	if (staged_config(&a->staged, e->file, section, false, &why) >= 0 &&
	    staged_config(&a->staged, e->file, rest, false, &why) >= 0)
		return AMENDED;
	explain(e->file, why, w, e->key);
	return REFUSED;
}

static enum outcome remove_all(struct amendment *a, const struct gitconfig *c, const struct wish *w)
{
	enum outcome outcome = AMENDED;

	for (size_t i = 0; outcome == AMENDED && i < c->count; i++) {
		const struct gitconfig_entry *e = &c->rows[i];

		if (!(w->kind == WISH_GONE ? is_of(e, w->name) : has_value(e, w)))
			continue;
		if (!is_own(e)) {
			explain(e->file, "it is not yours", w, e->key);
			outcome = REFUSED;
		} else if (w->kind == WISH_GONE) {
			outcome = remove_section(a, e, w);
		} else {
			outcome = edit(a, e->file, w, e->key);
		}
	}
	return outcome;
}

/* The file for a new value: the one that has the variable, else its section, else global. */
static const char *place(const struct gitconfig *c, const struct wish *w, const char *global)
{
	const char *section = NULL, *variable = NULL;

	for (size_t i = 0; i < c->count; i++) {
		const struct gitconfig_entry *e = &c->rows[i];

		if (!same_section(w->name, e->key) || !is_own(e))
			continue;
		section = e->file;
		if (!strcmp(e->key, w->name))
			variable = e->file;
	}
	return variable ? variable : section ? section : global;
}

static enum outcome fulfil(struct amendment *a, const struct gitconfig *c, const struct wish *w)
{
	enum outcome outcome;
	char *global;

	if (w->kind == WISH_HAS_NOT || w->kind == WISH_GONE)
		return remove_all(a, c, w);
	global = global_file();
	if (global) {
		outcome = edit(a, place(c, w, global), w, w->key);
	} else {
		report("fatal", "there is no place for the configuration: HOME is not set");
		outcome = REFUSED;
	}
	free(global);
	return outcome;
}

static bool undo(struct amendment *a)
{
	const char *path;

	if (staged_undo(&a->staged, &path))
		return true;
	report("error", "'%s' could not be changed back", path);
	return false;
}

/* Explains that the value was written, but git reads another one. */
static void explain_unread(const struct gitconfig *c, const struct wish *w)
{
	const struct gitconfig_entry *e = obstacle(c, w);
	const char *words[COMMAND_WORDS_MAX];

	if (!e) {
		report("fatal", "git does not read what was written for %s", w->key);
		report("hint", "It reads what \"git config --list --show-origin\" shows");
		return;
	}
	arguments(w, e->key, words);
	report("fatal", "%s stays '%s': that stands in '%s'", e->key, e->value ? e->value : "",
	       e->file);
	hint_at_command(e->file, words);
}

static enum outcome check(struct amendment *a)
{
	struct message trouble;
	struct gitconfig now;
	bool good = gitconfig_read(&now, &trouble) == 0;

	if (!good)
		report_trouble(&trouble, false);
	for (size_t i = 0; good && i < a->count; i++) {
		good = is_true(&now, &a->wishes[i]);
		if (!good)
			explain_unread(&now, &a->wishes[i]);
	}
	gitconfig_finish(&now);
	if (!good)
		undo(a);
	return good ? AMENDED : REFUSED;
}

/* Whether git still reads what was read before the files were locked. */
static bool is_still(const struct gitconfig *c)
{
	char before[GITCONFIG_DIGEST_MAX], now[GITCONFIG_DIGEST_MAX] = "";
	struct message trouble;
	struct gitconfig again;

	gitconfig_digest(c, before);
	if (gitconfig_read(&again, &trouble) == 0)
		gitconfig_digest(&again, now);
	gitconfig_finish(&again);
	return !strcmp(before, now);
}

static enum outcome attempt(struct amendment *a, const struct gitconfig *c)
{
	enum outcome outcome = AMENDED;
	const char *path, *why;

	for (size_t i = 0; outcome == AMENDED && i < a->count; i++)
		if (!is_true(c, &a->wishes[i]))
			outcome = fulfil(a, c, &a->wishes[i]);
	if (outcome != AMENDED || a->staged.count == 0)
		return outcome;
	if (!is_still(c))
		return AGAIN;
	if (staged_commit(&a->staged, &path, &why))
		return check(a);
	report("fatal", "cannot change '%s': %s", path, why);
	return REFUSED;
}

bool amendment_write(struct amendment *a)
{
	enum outcome outcome = AGAIN;
	struct message trouble;
	struct gitconfig c;

	for (int i = 0; outcome == AGAIN && i < ROUNDS_MAX; i++) {
		staged_finish(&a->staged);
		staged_begin(&a->staged);
		if (gitconfig_read(&c, &trouble) < 0) {
			report_trouble(&trouble, false);
			outcome = REFUSED;
		} else {
			outcome = attempt(a, &c);
		}
		gitconfig_finish(&c);
	}
	if (outcome == AGAIN)
		report("fatal", "others change the configuration all the time");
	if (outcome == AMENDED)
		staged_release(&a->staged);
	else
		staged_finish(&a->staged);
	return outcome == AMENDED;
}

static void digest_now(char out[GITCONFIG_DIGEST_MAX])
{
	struct message trouble;
	struct gitconfig c;

	out[0] = '\0';
	if (gitconfig_read(&c, &trouble) == 0)
		gitconfig_digest(&c, out);
	gitconfig_finish(&c);
}

/* Puts the old content back, and makes a broker read it that has read the new content. */
static bool give_up(struct amendment *a)
{
	struct message trouble;
	struct query answer;

	if (undo(a))
		report("hint", "Nothing was changed");
	query_to(&answer, "reload", NULL, NULL, false, &trouble);
	query_finish(&answer);
	return false;
}

/*
 * Compares the digest of what the broker has read with ours. If others have changed the
 * configuration at the same time, the broker is asked once more.
 */
bool amendment_settle(struct amendment *a, bool autostart, struct query *answer)
{
	char before[GITCONFIG_DIGEST_MAX], after[GITCONFIG_DIGEST_MAX] = "";
	struct message trouble;

	do {
		query_finish(answer);
		digest_now(before);
		if (query_to(answer, "reload", NULL, NULL, autostart, &trouble) < 0) {
			if (!autostart && trouble.id == MSG_BROKER_UNREACHABLE)
				return true;
			report_trouble(&trouble, false);
			return give_up(a);
		}
		if (!*answer->configuration || !strcmp(answer->configuration, before))
			return true;
		digest_now(after);
		if (!strcmp(answer->configuration, after))
			return true;
	} while (strcmp(before, after));
	report("fatal", "the broker reads other configuration files than this command");
	report("hint", "Start it from here with \"git xmpp daemon restart\", "
	       "and run the same command again");
	return give_up(a);
}

void amendment_report(const struct amendment *a)
{
	char *global = global_file();

	for (size_t i = 0; i < a->staged.count; i++) {
		const struct staged_file *f = &a->staged.files[i];

		if (!f->committed || (global && !strcmp(f->path, global)))
			continue;
		printf("changed in ");
		print_text(f->path);
		putchar('\n');
	}
	free(global);
}

void amendment_finish(struct amendment *a)
{
	for (size_t i = 0; i < a->count; i++) {
		free(a->wishes[i].key);
		free(a->wishes[i].name);
		free(a->wishes[i].value);
	}
	free(a->wishes);
	staged_finish(&a->staged);
}

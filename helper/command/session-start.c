/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * systemctl does the work, and says by itself why it could not. Units under a prefix where systemd
 * does not look are linked first, as "systemctl enable" does it with a path.
 */
#include "session-start.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "exit-status.h"
#include "monotonic.h"
#include "output.h"
#include "self-path.h"
#include "session-state.h"
#include "sockpath.h"
#include "table.h"
#include "user-unit.h"
#include "userfile.h"

enum {
	ARGS_MAX = 8,
	ASK_MS = 10 * 1000, /* for systemd to answer */
};

static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Runs a program, whose errors the user sees. Returns its exit status; -1 if it cannot be run. */
static int run(const char *const *argv)
{
	pid_t pid;

	fflush(stdout);
	if (posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)argv, environ))
		return -1;
	return wait_for(pid);
}

static bool systemctl(const char *verb, const char *unit)
{
	const char *const argv[] = { "systemctl", "--user", "--quiet", verb, unit, NULL };

	return run(argv) == 0;
}

static int ask(const char *verb, const char *unit)
{
	const char *const args[] = { verb, unit, NULL };

	return user_unit_run(args, monotonic_ms() + ASK_MS);
}

/* Makes systemd know the units. False if they are not installed. */
static bool know_units(void)
{
	static const char *const units[] = { USER_UNIT_SOCKET, USER_UNIT_SERVICE };
	char path[PATH_MAX];

	if (ask("cat", USER_UNIT_SERVICE) == 0 && ask("cat", USER_UNIT_SOCKET) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		snprintf(path, sizeof(path), "%s/%s", UNIT_DIRECTORY, units[i]);
		if (access(path, R_OK) || ask("link", path) != 0)
			return false;
	}
	return true;
}

static bool set_linger(bool on)
{
	const char *const argv[] = { "loginctl", on ? "enable-linger" : "disable-linger", NULL };

	if (run(argv) == 0)
		return true;
	report("error", "'loginctl %s' failed", argv[1]);
	return false;
}

/* The socket may have been taken by a broker that was started otherwise: it makes room. */
static bool start_units(void)
{
	char path[SOCKPATH_MAX];
	struct message trouble;

	/* What was started often in a short time counts anew: now the user wants it. */
	ask("reset-failed", USER_UNIT_SOCKET);
	ask("reset-failed", USER_UNIT_SERVICE);
	if (!systemctl("start", USER_UNIT_SOCKET))
		return false;
	if (sockpath_find(path, &trouble) == 0 && !sockpath_is_served(path) &&
	    !systemctl("restart", USER_UNIT_SOCKET))
		return false;
	return systemctl("start", USER_UNIT_SERVICE);
}

static int enable_units(bool linger)
{
	if (!systemctl("enable", USER_UNIT_SERVICE)) {
		report("fatal", "systemd has not enabled '%s'", USER_UNIT_SERVICE);
		return STATUS_FATAL;
	}
	table_say("enabled: systemd starts the broker with your session (%s)", USER_UNIT_SERVICE);
	if (!start_units() || ask("is-active", USER_UNIT_SERVICE) != 0) {
		report("error", "it does not run now");
		report("hint", "\"systemctl --user status %s\" shows why", USER_UNIT_SERVICE);
		return STATUS_FATAL;
	}
	table_say("it runs now");
	if (linger && !set_linger(true))
		return STATUS_FATAL;
	if (linger || session_lingers())
		table_say("it runs from boot on, and when you have logged out");
	else
		table_say("it ends when you log out; \"git xmpp daemon enable --linger\" keeps it");
	return STATUS_OK;
}

void session_start_stop_socket(void)
{
	if (user_unit_manager())
		ask("stop", USER_UNIT_SOCKET);
}

/*
 * Appends a quoted argument of Exec. The specification has a backslash in front of four
 * characters between quotes, and every backslash twice in a value, and % twice.
 */
static void put_argument(struct buf *out, const char *text)
{
	buf_puts(out, "\"");
	for (; *text; text++) {
		if (*text == '\\')
			buf_puts(out, "\\\\\\");
		else if (strchr("\"`$", *text))
			buf_puts(out, "\\\\");
		else if (*text == '%')
			buf_puts(out, "%");
		buf_append(out, text, 1);
	}
	buf_puts(out, "\"");
}

static void write_entry(struct buf *out)
{
	char directory[PATH_MAX], program[PATH_MAX + 32] = "git-xmpp-daemon";

	if (self_directory(directory))
		snprintf(program, sizeof(program), "%s/git-xmpp-daemon", directory);
	buf_printf(out, "[Desktop Entry]\nType=Application\nName=git over XMPP\n"
			"Comment=Serves what you share to your buddies\nExec=");
	put_argument(out, program);
	/* systemd, where it starts what desktops do, leaves the broker to its own unit. */
	buf_puts(out, " --detach --started-by=autostart\nNoDisplay=true\nTerminal=false\n"
		      "X-systemd-skip=true\n" SESSION_MARK);
}

/* Makes the directories that lead to the file. */
static void make_parents(const char *file)
{
	char *path = xstrdup(file);

	for (char *slash = path + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		mkdir(path, 0700);
	}
	free(path);
}

static void no_desktop(void)
{
	table_say("No desktop is seen here. Where none reads that file, have your login run this, "
		  "as in ~/.profile or in a line @reboot of crontab -e:");
	puts("  git-xmpp-daemon --detach --started-by=autostart");
}

static int enable_autostart(void)
{
	char *file = session_autostart_file();
	struct buf text = { 0 };
	struct message trouble = { .id = MSG_NONE };
	int status = STATUS_FATAL;

	if (!file) {
		report("fatal", "neither HOME nor XDG_CONFIG_HOME says where your files are");
		return STATUS_FATAL;
	}
	make_parents(file);
	write_entry(&text);
	if (access(file, F_OK) == 0 && !session_autostart_is_ours(file)) {
		report("fatal", "'%s' is there already, and was not written by this command", file);
	} else if (userfile_write(file, buf_data(&text), buf_len(&text), &trouble)) {
		message_print(&trouble, "fatal: ");
	} else {
		table_say("enabled: your desktop starts the broker when you log in (%s)", file);
		status = STATUS_OK;
	}
	if (status == STATUS_OK && !session_has_desktop())
		no_desktop();
	buf_finish(&text);
	free(file);
	return status;
}

int session_start_enable(bool linger)
{
	if (user_unit_manager()) {
		if (know_units())
			return enable_units(linger);
		report("warning", "systemd runs, but the units are not in '%s'", UNIT_DIRECTORY);
	}
	if (linger)
		report("warning", "--linger is of systemd, which cannot be asked here");
	return enable_autostart();
}

int session_start_disable(bool linger)
{
	char *file = session_autostart_file();
	int status = STATUS_OK;
	bool found = false;

	if (session_has_unit(monotonic_ms() + ASK_MS)) {
		found = true;
		if (systemctl("disable", USER_UNIT_SERVICE) &&
		    systemctl("disable", USER_UNIT_SOCKET)) {
			table_say("disabled: systemd starts the broker no more with your session");
		} else {
			report("fatal", "systemd has not disabled '%s'", USER_UNIT_SERVICE);
			status = STATUS_FATAL;
		}
	}
	if (file && session_autostart_is_ours(file)) {
		found = true;
		if (unlink(file) == 0) {
			table_say("removed: %s", file);
		} else {
			report("fatal", "cannot remove '%s': %s", file, strerror(errno));
			status = STATUS_FATAL;
		}
	}
	if (linger && !set_linger(false))
		status = STATUS_FATAL;
	if (!found)
		table_say("nothing starts the broker with your session");
	else if (status == STATUS_OK)
		table_say("One that runs goes on; \"git xmpp daemon stop\" ends it. Git commands "
			  "start one when they need it.");
	free(file);
	return status;
}

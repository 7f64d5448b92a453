#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The broker belongs to the user's session: the units for systemd, the socket that it hands over
# and what it is told; a broker that is started on demand, which has nothing of its caller; and
# many who start one at the same moment.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all 'no XMPP server is installed'

url=xmpp::bob@localhost/project
socket=$TRASH/alice/run/git-xmpp/socket

# installed_units <directory>: with the programs of the build.
installed_units () {
	mkdir -p "$1" &&
	cp "$TOP/daemon/init/git-xmpp-daemon.socket" "$1" &&
	sed "s|@bindir@|$BUILD|" "$TOP/daemon/init/git-xmpp-daemon.service.in" >"$1/git-xmpp-daemon.service"
}

# activate <user> [VAR=value...]: a socket of theirs, and a broker as soon as somebody connects. It
# replaces what was at the path, as systemd does.
activate () {
	local user variable word

	user=$1
	shift
	mkdir -p -m 700 "$TRASH/$user/run/git-xmpp"
	rm -f "$TRASH/$user/run/git-xmpp/socket"
	set -- $(env_of "$user") "$@"
	for word
	do
		set -- "$@" -E "$word"
		shift
	done
	env -u LISTEN_PID systemd-socket-activate -l "$TRASH/$user/run/git-xmpp/socket" -E LC_ALL=C \
		${ASAN_OPTIONS:+-E "ASAN_OPTIONS=$ASAN_OPTIONS"} -E GIT_CONFIG_NOSYSTEM=1 \
		"$@" "$(build_of "$user")/git-xmpp-daemon" >>"$TRASH/log/$user" 2>&1 </dev/null &
	name_variable broker "$user"
	eval "$variable=$!"
	started $!
	wait_for 10 test -S "$TRASH/$user/run/git-xmpp/socket"
}

have_activation () {
	command -v systemd-socket-activate
}

# Each may start a broker of its own, which ends as it finds the place taken.
first=60
! sanitized || first=20

# many_at_once: so many first commands; each says whether it was answered.
many_at_once () {
	local i

	rm -rf many && mkdir many
	for i in $(seq $first)
	do
		{ as alice git xmpp buddies >"many/$i" 2>&1; echo "status $?" >>"many/$i"; } &
		many_pids="$many_pids $!"
	done
	wait $many_pids
	many_pids=
	test "$(cat many/* | grep -c "^status 0$")" -eq $first || { cat many/* | sort | uniq -c; return 1; }
}

test_expect_success 'command -v systemd-analyze' 'the units are what systemd takes' '
	installed_units units &&
	XDG_RUNTIME_DIR="$TRASH" SYSTEMD_UNIT_PATH="$TRASH/units:" systemd-analyze --user --man=no verify units/git-xmpp-daemon.socket \
		units/git-xmpp-daemon.service 2>err; cat err && test_is_empty err &&
	mkdir units/git-xmpp-daemon.service.d && cp "$TOP/daemon/init/hardening.conf" units/git-xmpp-daemon.service.d &&
	XDG_RUNTIME_DIR="$TRASH" SYSTEMD_UNIT_PATH="$TRASH/units:" systemd-analyze --user --man=no verify units/git-xmpp-daemon.service 2>err &&
	test_is_empty err
'

test_expect_success 'two users and a share' '
	start_server alice bob && setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob && pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 5 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git ls-remote $url && stop_broker alice
'

test_expect_success 'have_activation' 'the first command starts the broker of the socket, which says how it goes' '
	"$BUILD/t/notify-log" "$TRASH/notify" >told 2>&1 & started $! &&
	wait_for 10 test -S notify && activate alice NOTIFY_SOCKET="$TRASH/notify" && no_broker_of alice &&
	as alice git ls-remote $url && one_broker alice &&
	wait_for 10 test -s told && test "$(sed -n 1p told)" = READY=1 &&
	wait_for 10 grep "^STATUS=online as alice@localhost, 0 shares$" told &&
	as alice git xmpp daemon status >status && grep "started by systemd (socket)" status &&
	as alice git xmpp status --json >json && grep "\"started_by\":\"systemd-socket\"" json
'

test_expect_success 'have_activation' 'it has not told its children' '
	key=$(as alice git config --global --name-only --get-regexp passwordcommand) &&
	as alice git config --global "$key" "env >$TRASH/env; ls -l /proc/self/fd >$TRASH/open; cat $TRASH/alice/pw" &&
	as alice git xmpp daemon stop && activate alice NOTIFY_SOCKET="$TRASH/notify" &&
	as alice git ls-remote $url && grep "^GIT_XMPP_SOCKET=$socket$" env && ! grep -E "^(LISTEN_|NOTIFY_|SYSTEMD_)" env &&
	! grep " 3 -> .*socket" open
'

test_expect_success 'have_activation' 'at its end it says so, and leaves the socket to systemd' '
	as alice git xmpp daemon stop && wait_for 10 no_broker_of alice && test -S "$socket" &&
	wait_for 10 grep "^STOPPING=1$" told
'

test_expect_success 'have_activation' 'a broker that was started on demand makes room for that of a socket' '
	rm -f "$socket" && as alice git ls-remote $url && one_broker alice && old=$(brokers_of alice) &&
	as alice git xmpp status >status && grep "started on demand" status &&
	kill -STOP "$old" && activate alice && kill -CONT "$old" && wait_for 20 gone "$old" && as alice git ls-remote $url && wait_for 10 one_broker alice &&
	as alice git xmpp status >status && grep "started by systemd (socket)" status &&
	as alice git xmpp daemon stop
'

test_expect_success 'have_activation' 'sixty first commands start one broker, by the socket' '
	activate alice && many_at_once && one_broker alice && grep -c "online as alice" log/alice &&
	as alice git xmpp daemon stop
'

test_expect_success 'sixty first commands start one broker, on demand' '
	rm -f "$socket" && no_broker_of alice && many_at_once && wait_for 10 one_broker alice && as alice git xmpp daemon stop
'

test_expect_success 'killed, and started again by sixty' '
	as alice git ls-remote $url && kill -KILL $(brokers_of alice) && many_at_once && wait_for 10 one_broker alice
'

test_expect_success 'a pipe ends with its command, though that started a broker' '
	as alice git xmpp daemon stop && timeout 180 sh -c "$(as alice echo env) $(env_of alice) git ls-remote $url 2>&1 | cat" >out &&
	grep refs/heads/main out && one_broker alice && as alice git xmpp daemon stop
'

# of_process <pid>: what a process has of whoever started it.
of_process () {
	echo "directory $(readlink "/proc/$1/cwd")"
	sed -n "s/^\(Umask\|SigBlk\|SigIgn\):[[:space:]]*/\1 /p" "/proc/$1/status"
	echo "terminal $(sed "s/.*) //" "/proc/$1/stat" | cut -d" " -f5)"
	echo "niceness $(sed "s/.*) //" "/proc/$1/stat" | cut -d" " -f17)"
	grep -E "Max (cpu time|file size|data size|address space)" "/proc/$1/limits"
	tr "\0" "\n" <"/proc/$1/environ" | grep -E "^(GIT_|PWD|OLDPWD|LISTEN_|NOTIFY_)" | sort
	readlink /proc/$1/fd/* | sed "s/\[.*//; s|/gx\.[^/]*/|/|" | grep -v "^/proc\|anon_inode\|^pipe\|^socket" | sort
}

test_expect_success 'a broker on demand has nothing of its caller' '
	as alice git ls-remote $url && of_process "$(brokers_of alice)" >plain && as alice git xmpp daemon stop &&
	: >held && mkdir -p odd && (
		cd odd && umask 077 && ulimit -S -t 500 && ulimit -S -f 100000 &&
		trap "" HUP INT QUIT USR1 TERM &&
		as alice GIT_DIR=x GIT_TRACE2_EVENT=/dev/null GIT_AUTHOR_NAME=x GIT_EDITOR=x GIT_SSH_COMMAND=x \
			LISTEN_FDS=1 LISTEN_PID=1 NOTIFY_SOCKET=/nowhere OLDPWD=/x \
			"$BUILD/t/on-terminal" "" nice -n 3 sh -c "exec 7<>\"$TRASH/held\" 9>&1; unset GIT_DIR; git ls-remote $url"
	) >out 2>&1 && cat out && wait_for 10 one_broker alice && of_process "$(brokers_of alice)" >odd-one &&
	test_cmp plain odd-one && grep "Umask 0022" plain && grep "^directory /$" plain && grep "^terminal 0$" plain &&
	as alice git xmpp daemon stop
'

test_expect_success 'one in the foreground says how it was started, and that there is one already' '
	start_broker alice && as alice git xmpp status >status && grep "started by hand" status &&
	as alice "$BUILD/git-xmpp-daemon" 2>err && grep "another broker runs already" err &&
	test_expect_code 78 as alice "$BUILD/git-xmpp-daemon" --started-by=magic 2>err && grep "^usage: " err
'

# value <key>: of Alice's autostart file.
value () {
	sed -n "s/^$1=//p" alice/.config/autostart/git-xmpp.desktop
}

test_expect_success 'without systemd, enable writes what desktops start, and disable removes it' '
	as alice env -u XDG_CURRENT_DESKTOP git xmpp daemon enable >out && cat out &&
	grep "^enabled: your desktop starts the broker" out && grep "^  git-xmpp-daemon --detach" out &&
	as alice XDG_CURRENT_DESKTOP=test git xmpp daemon enable >out && ! grep "^  git-xmpp-daemon" out &&
	test "$(value Type)" = Application && test "$(value X-systemd-skip)" = true && stop_broker alice &&
	as alice sh -c "$(value Exec)" && as alice git xmpp status --wait >status &&
	grep "started with the desktop session" status && as alice git xmpp daemon stop &&
	as alice git xmpp daemon disable >out && grep "^removed: " out && test ! -e alice/.config/autostart/git-xmpp.desktop &&
	as alice git xmpp daemon disable >out && grep "^nothing starts" out
'

test_expect_success 'purge lists, and removes nothing that was not said' '
	as alice git xmpp daemon enable && as alice git config --global other.key value &&
	as alice git xmpp buddies && find alice -type f | sort >before &&
	as alice git xmpp purge --dry-run >out && cat out && grep "configuration *xmpp.localhost" out &&
	grep "key *$TRASH/alice/.data/git-xmpp" out && grep "state, trust *$TRASH/alice/.state/git-xmpp" out && grep "autostart" out &&
	test_must_fail as alice git xmpp purge >out 2>err && grep "say so with --yes" err &&
	as alice "$BUILD/t/on-terminal" "n\n" git xmpp purge >out; grep "Remove all of it" out &&
	find alice -type f | sort >after && test_cmp before after && one_broker alice
'

test_expect_success 'said so, all of it goes, and what is of others stays' '
	as alice "$BUILD/t/on-terminal" "y\n" git xmpp purge >out && cat out && grep "^removed$" out && no_broker_of alice &&
	test ! -e alice/.data/git-xmpp && test ! -e alice/.state/git-xmpp && test ! -e alice/.config/autostart/git-xmpp.desktop &&
	! as alice git config --global --get-regexp "^xmpp" && test "$(as alice git config --global other.key)" = value &&
	as alice git xmpp purge --yes >out && grep "nothing" out
'

test_expect_success 'a file of somebody else is left alone' '
	mkdir -p alice/.config/autostart && echo "[Desktop Entry]" >alice/.config/autostart/git-xmpp.desktop &&
	test_must_fail as alice git xmpp daemon enable 2>err && grep "was not written by this command" err &&
	as alice git xmpp daemon disable && test -s alice/.config/autostart/git-xmpp.desktop &&
	test_expect_code 129 as alice git xmpp daemon enable --now 2>err
'

test_done

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# One broker for each user, found from wherever it is looked for, whatever
# becomes of the directory where its socket is.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all 'no XMPP server is installed'

test_expect_success 'alice is online' '
	start_server alice && setup_user alice && start_broker alice && wait_for 10 one_broker alice
'

test_expect_success 'from another runtime directory it is found, and no second one is started' '
	mkdir -m 700 elsewhere &&
	as alice env XDG_RUNTIME_DIR="$TRASH/elsewhere" git xmpp status >status &&
	grep "alice@localhost.*online" status &&
	as alice env XDG_RUNTIME_DIR="$TRASH/elsewhere" git xmpp daemon start >out &&
	grep "already running" out &&
	as alice env XDG_RUNTIME_DIR="$TRASH/elsewhere" "$BUILD/git-xmpp-daemon" --detach &&
	wait_for 10 one_broker alice && test ! -e elsewhere/git-xmpp/socket
'

test_expect_success 'its socket is removed: the next command works' '
	rm alice/run/git-xmpp/socket && as alice git xmpp daemon start && broker_online alice && wait_for 10 one_broker alice
'

test_expect_success 'so it does when the runtime directory was emptied, or moved' '
	wait_for 10 rm -rf alice/run/git-xmpp && as alice git xmpp daemon start && broker_online alice &&
	mv alice/run alice/gone && mkdir -m 700 alice/run && as alice git xmpp daemon start &&
	broker_online alice && wait_for 10 one_broker alice && rm -rf alice/gone
'

test_expect_success 'it was online all the while' '
	test "$(grep -c "online as alice" log/alice)" -eq 1
'

test_expect_success 'with another place for its state it is the same device: refused, and said' '
	mkdir -m 700 other &&
	test_must_fail as alice env XDG_RUNTIME_DIR="$TRASH/other" XDG_STATE_HOME="$TRASH/other" \
		git xmpp daemon start 2>err &&
	grep "another broker is this device of .alice@localhost. already" err &&
	broker_online alice && wait_for 10 one_broker alice
'

test_expect_success 'once the first has ended that one starts' '
	stop_broker alice &&
	as alice env XDG_RUNTIME_DIR="$TRASH/other" XDG_STATE_HOME="$TRASH/other" git xmpp daemon start &&
	as alice env XDG_RUNTIME_DIR="$TRASH/other" XDG_STATE_HOME="$TRASH/other" git xmpp status --wait &&
	as alice env XDG_RUNTIME_DIR="$TRASH/other" XDG_STATE_HOME="$TRASH/other" git xmpp daemon stop
'

test_expect_success 'one that does not answer is ended by what its message says' '
	start_broker alice && kill -STOP "$(broker_pid alice)" &&
	test_must_fail as alice git ls-remote xmpp::bob@localhost/x 2>err && grep "git xmpp daemon stop" err &&
	as alice git xmpp daemon stop && wait_for 5 gone "$(broker_pid alice)"
'

test_expect_success 'what keeps a broker from starting is told, and not the hint about it' '
	mkdir -m 755 open && test_must_fail as alice env GIT_XMPP_SOCKET="$TRASH/open/socket" git xmpp daemon start 2>err &&
	grep "^fatal: the XMPP broker did not start: refusing to use .*others can access it" err
'

test_expect_success 'another user'\''s runtime directory is left alone' '
	if test "$(id -u)" -eq 0
	then
		mkdir -m 700 theirs && chown 4711:4711 theirs
	else
		theirs=/
	fi &&
	mkdir -m 700 home4712 &&
	env HOME="$TRASH/home4712" XDG_RUNTIME_DIR="${theirs:-$TRASH/theirs}" git xmpp status >out;
	test ! -e "${theirs:-$TRASH/theirs}/git-xmpp"
'

# in_another_home <command>...: the system's user database says that it is $TRASH/nowhere.
in_another_home () {
	echo "user:x:$(id -u):$(id -g)::$TRASH/nowhere:/bin/sh" >passwd &&
	unshare -rm sh -c "mount --bind passwd /etc/passwd && exec \"\$@\"" sh "$@"
}

if unshare -rm true 2>/dev/null && test "$(id -u)" -eq 0
then
	test_expect_success 'without any environment it finds the home of the user' '
		mkdir -m 700 nowhere bare && git config -f nowhere/.gitconfig xmpp.autostart false &&
		in_another_home env -i "$BUILD/git-xmpp-daemon" --socket="$TRASH/bare/socket" 2>err &
		started $! && wait_for 10 test -S bare/socket &&
		test -e nowhere/.local/state/git-xmpp/broker.lock &&
		env GIT_XMPP_SOCKET="$TRASH/bare/socket" git xmpp daemon stop
	'
fi

test_done

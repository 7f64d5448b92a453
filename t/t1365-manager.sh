#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The units under a real systemd of a user: enabled and disabled, a broker that is killed in the
# middle of a push, and what a command finds that needs one.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-slow-push.sh"
. "$TOP/t/lib/lib-manager.sh"

have_server || test_skip_all 'no XMPP server is installed'
have_manager >/dev/null 2>&1 || test_skip_all 'no systemd of a user can be had: it takes root, unshare and systemd'

url=xmpp::bob@localhost/project

# In the manager there are no other variables than HOME that say where Bob's files are.
bob () {
	managed bob "$@"
}

broker_of_manager () {
	bob systemctl --user show -P MainPID git-xmpp-daemon.service
}

# is_another: the manager has started a broker that is not $old.
is_another () {
	test "$(broker_of_manager)" != "$old"
}

active () {
	test "$(bob systemctl --user is-active git-xmpp-daemon.service)" = "${1:-active}"
}

# shows <text>: systemd, of the broker.
shows () {
	test "$(bob systemctl --user show -P StatusText git-xmpp-daemon.service)" = "$1"
}

# It outlives the broker that reads what it prints.
slow_hook_begins='trap "" PIPE'

at_bob () {
	git -C bob/project.git rev-parse -q --verify "refs/heads/$1"
}

whole () {
	git -C bob/project.git fsck --strict && ! find bob/project.git -name "*.lock" | grep .
}

test_expect_success 'two users, one of them with a systemd' '
	start_server alice bob && setup_user alice && start_broker alice &&
	plain_user bob && start_manager bob &&
	bob git xmpp setup bob@localhost --server="127.0.0.1:$server_port" --no-start \
		--ca-file="$TRASH/prosody/localhost.crt" --password-command="cat $TRASH/bob/pw" &&
	"$TOP/t/tools/make-repo" bob/project.git 5
'

# sets_up <answers>: at a terminal.
sets_up () {
	bob env -u COLUMNS "$BUILD/t/on-terminal" -a "$1" git xmpp setup 2>shown && tr -d "\r" <shown >seen && cat seen
}

test_expect_success 'setup offers that systemd starts the broker; what it then starts can log in' '
	sets_up "n\n" && grep "^Buddies reach you .*systemd can start it when you log" seen && grep "^Start it by itself" seen &&
	test_must_fail bob systemctl --user is-enabled git-xmpp-daemon.service &&
	sets_up "\n" && grep "^enabled: systemd" seen && grep "^next: " seen && active &&
	bob systemctl --user is-enabled git-xmpp-daemon.service && bob git xmpp status >status && cat status && grep "online" status &&
	sets_up "" && test_must_fail grep "Start it" seen && bob git xmpp daemon disable && bob git xmpp daemon stop &&
	wait_for 10 active inactive
'

test_expect_success 'enable: the broker runs, and will with each session' '
	wait_for 10 active inactive && bob git xmpp daemon enable >out && cat out &&
	grep "^enabled: systemd" out && grep "it ends when you log out; .*--linger" out && active &&
	bob systemctl --user is-enabled git-xmpp-daemon.socket && bob git xmpp status --wait >status &&
	grep "started by systemd (socket)" status && wait_for 20 shows "online as bob@localhost, 0 shares"
'

test_expect_success 'they meet' '
	bob git xmpp status --wait >status && as alice git xmpp add bob@localhost &&
	wait_for 20 bob git xmpp accept alice@localhost &&
	bob git xmpp share "$TRASH/bob/project.git" --name=project --push=alice@localhost &&
	wait_for 30 as alice git clone -q $url alice/work
'

# lingering: a loginctl that remembers what it is told, as that of systemd does.
lingering () {
	mkdir -p bin && cat >bin/loginctl <<-\END && chmod +x bin/loginctl
	#!/bin/sh
	case $1 in
	enable-linger) : >/var/lib/systemd/linger/root ;;
	disable-linger) rm -f /var/lib/systemd/linger/root ;;
	esac
	END
	bob sh -c "mkdir -p /var/lib/systemd && mount -t tmpfs none /var/lib/systemd && mkdir /var/lib/systemd/linger"
}

doctor () {
	bob "$@" git xmpp doctor --porcelain >findings; cat findings
	awk -F "\t" '$1 == "findings" && $2 == "no-linger" { print $6 }' findings >command
}

test_expect_success 'doctor: who shares something, and sits at no desktop, wants it to live on' '
	lingering && doctor env XDG_CURRENT_DESKTOP=test && test_is_empty command && doctor env && test -s command &&
	bob env PATH="$TRASH/bin:$PATH" sh -c "$(cat command)" >out && cat out && grep "^it runs from boot on" out && doctor env && test_is_empty command
'

test_expect_success 'killed in a push: git goes on, its refs are whole, systemd starts another one' '
	slow_push killed && old=$(broker_of_manager) && kill -KILL "$old" &&
	wait_for 20 active && wait_for 20 is_another && test ! -e done && touch go && wait_for 20 test -e done &&
	wait_for 20 at_bob killed && whole && { wait $push_pid || :; }
'

test_expect_success 'so it goes on when the unit is stopped, which lets it end first' '
	bob git xmpp status --wait >status && slow_push stopped &&
	{ bob systemctl --user stop git-xmpp-daemon.service & stop_pid=$!; } && started $stop_pid &&
	wait_for 20 active deactivating && wait_for 20 shows "stopping when no transfer runs" && touch go && wait $push_pid && wait $stop_pid && at_bob stopped && whole
'

test_expect_success 'and when the unit is stopped with a signal that nothing can wait for' '
	bob systemctl --user start git-xmpp-daemon.service && bob git xmpp status --wait >status && slow_push hard &&
	bob systemctl --user kill --kill-whom=main -s KILL git-xmpp-daemon.service &&
	bob systemctl --user stop git-xmpp-daemon.service && test ! -e done && touch go &&
	wait_for 20 at_bob hard && whole &&
	bob systemctl --user start git-xmpp-daemon.service && { wait $push_pid || :; }
'

test_expect_success 'the next command starts it by the socket, and is answered' '
	bob git xmpp daemon stop && wait_for 10 active inactive && bob git xmpp buddies && active
'

test_expect_success 'the socket goes: a command has systemd make it anew' '
	bob git xmpp daemon stop && bob rm /run/user/0/git-xmpp/socket && bob git xmpp buddies && active &&
	bob git xmpp status >status && grep "started by systemd (socket)" status
'

test_expect_success 'disable: it starts no more with the session' '
	bob git xmpp daemon disable >out && grep "^disabled: " out && active &&
	test_must_fail bob systemctl --user is-enabled git-xmpp-daemon.socket &&
	bob git xmpp daemon disable >out && grep "^nothing starts the broker" out &&
	bob git xmpp daemon stop && bob systemctl --user stop git-xmpp-daemon.socket
'

test_expect_success 'a unit that is there is preferred to a broker on demand' '
	bob git xmpp buddies && active && bob git xmpp daemon stop &&
	bob systemctl --user stop git-xmpp-daemon.socket &&
	bob env XDG_STATE_HOME="$TRASH/bob/.local/state" git xmpp buddies && bob git xmpp status >status &&
	grep "started on demand" status && active inactive
'

test_expect_success 'enable replaces one on demand' '
	bob git xmpp daemon enable && active && bob git xmpp status --wait >status && grep "started by systemd" status &&
	bob git xmpp daemon stop
'

test_done

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# How a broker ends: it lets transfers end first, says what it waits for, begins nothing new, and
# does not wait when it is told so. How it is restarted, and reads its configuration again.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-slow-push.sh"

have_server || test_skip_all 'no XMPP server is installed'

url=xmpp::bob@localhost/project

# slow_stop <user>: in the background; "stopped" is what it prints.
slow_stop () {
	as "$1" git xmpp daemon stop >stopped 2>&1 &
	stop_pid=$!
	started $stop_pid
}

# broker_ended <user>: and with which status.
broker_ended () {
	wait_for "$2" gone "$(broker_pid "$1")" && wait "$(broker_pid "$1")"
}

# times_told: how often a broker of bob's was told to stop, and waits. waits_again <times>: once more.
times_told () {
	grep -c "to stop when 1" log/bob || :
}

waits_again () {
	test "$(times_told)" -gt "$1"
}

# leaves_last <user>: the last that its broker has logged of the account.
leaves_last () {
	grep " xmpp $1@" "log/$1" | tail -n 1 | grep -q "leaving, asked to end"
}

at_bob () {
	git -C bob/project.git rev-parse -q --verify "refs/heads/$1"
}

test_expect_success 'two users and a share' '
	start_server alice bob && setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob && pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 5 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git clone -q $url alice/work
'

test_expect_success 'told to stop, it lets a push end, and says whose' '
	slow_push one &&
	slow_stop bob &&
	wait_for 20 grep "^waiting for alice@localhost to push to project$" stopped &&
	grep "git xmpp daemon stop --now" stopped
'

test_expect_success 'meanwhile it says so, and begins nothing new' '
	as bob git xmpp status >status && grep "running, pid .*stopping when no transfer runs" status &&
	as bob git xmpp status --json >json && grep "\"stopping\":true" json &&
	test_must_fail as bob git ls-remote xmpp::alice@localhost/x 2>err &&
	has_message broker-stopping err && grep "hint: .*git xmpp status" err &&
	test_must_fail as alice git ls-remote $url 2>err && grep "is busy" err
'

test_expect_success 'the push is done, and the broker has ended' '
	touch go && wait $push_pid && wait $stop_pid && grep "^stopped$" stopped &&
	broker_ended bob 1 && at_bob one
'

test_expect_success 'so it is with a signal, and one that fetches or pushes itself waits for that' '
	start_broker bob && slow_push two &&
	kill -TERM "$(broker_pid bob)" && wait_for 10 grep "to stop when 1 transfer is over" log/bob &&
	slow_stop alice &&
	wait_for 20 grep "^waiting for our push to bob@localhost/project$" stopped &&
	touch go && wait $push_pid && wait $stop_pid && at_bob two &&
	broker_ended bob 20 && broker_ended alice 20
'

test_expect_success 'a second signal ends it: what has arrived goes on by itself' '
	start_broker alice && start_broker bob && slow_push three && told=$(times_told) &&
	kill -TERM "$(broker_pid bob)" && wait_for 10 waits_again "$told" &&
	kill -TERM "$(broker_pid bob)" && broker_ended bob 20 && test ! -e done &&
	touch go && wait_for 20 at_bob three && git -C bob/project.git fsck --strict &&
	{ wait $push_pid || :; }
'

test_expect_success 'stop --now does not wait' '
	start_broker bob && slow_push four &&
	as bob git xmpp daemon stop --now >stopped && grep "^stopped$" stopped && ! grep waiting stopped &&
	broker_ended bob 1 && test ! -e done && touch go && wait_for 20 at_bob four &&
	{ wait $push_pid || :; }
'

nothing_moves () {
	as alice git xmpp cancel >moving && test_line_count -eq 0 moving
}

# More than the socket takes, and less than may come while nothing is read.
test_expect_success 'what has come for a git that its user has stopped is kept, and waited for' '
	wait_for 20 no_services && start_broker bob && wait_for 10 trusts alice bob &&
	git init -q bob/big && head -c 400000 /dev/urandom >bob/big/file && as bob git -C bob/big add file &&
	as bob git -C bob/big commit -q -m big && as bob git xmpp share bob/big --fetch=alice@localhost &&
	slow_pack && background alice git clone --bare xmpp::bob@localhost/big alice/big.git 2>err &&
	wait_for 20 test -e packing && halted=$(helpers) && kill -STOP $halted &&
	touch go && wait_for 60 no_services && wait_for 20 nothing_moves &&
	slow_stop alice && wait_for 10 grep "to stop when 1 transfer is over" log/alice &&
	kill -CONT $halted && job_ends 60 0 && wait $stop_pid && broker_ended alice 20 &&
	git -C alice/big.git fsck && start_broker alice
'

test_expect_success 'its usage' '
	test_expect_code 129 as bob git xmpp daemon stop --nov 2>err && grep "unknown option" err &&
	test_expect_code 129 as bob git xmpp daemon restart now 2>err && grep "too many arguments" err &&
	test_expect_code 129 as bob git xmpp daemon reload now
'

test_expect_success 'reload reads what the user has changed by hand' '
	start_broker bob && as bob git config --global --remove-section xmppShare.project &&
	# It says what it ends: the other broker may be looking what became of pushes.
	as bob git xmpp daemon reload >out && grep -E "^reloaded(: [0-9]+ transfers? .*)?$" out &&
	test_must_fail as alice git ls-remote $url 2>err && grep "does not share" err &&
	cp bob/.gitconfig saved && echo "[xmpp" >>bob/.gitconfig &&
	test_must_fail as bob git xmpp daemon reload 2>err && grep "^fatal: .*config" err &&
	cp saved bob/.gitconfig && broker_online bob
'

test_expect_success 'restart says whether it is back' '
	as bob git xmpp daemon restart >out && test_cmp - out <<-END &&
	stopped
	started
	END
	broker_online bob &&
	echo wrong >bob/pw && test_must_fail as bob git xmpp daemon restart >out 2>err &&
	grep "^started$" out && grep "^error: authentication failed" err && grep "^hint: " err
'

# The account that is the default has nothing to wait for, so it stops before the other.
test_expect_success 'while one account waits for a push, commands for one that has stopped end nothing' '
	echo "$PASSWORD" >bob/pw && stop_other_brokers &&
	as bob git config --global xmpp.account localhost && start_broker bob &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as bob git config --global xmppShare.project.account bob@localhost &&
	as bob git config --global xmpp.idle.jid idle@localhost &&
	as bob git config --global xmpp.idle.passwordCommand false &&
	as bob git config --global xmpp.account idle && as bob git xmpp daemon reload &&
	slow_push five && slow_stop bob && wait_for 10 grep "^waiting for alice" stopped &&
	as bob git xmpp queue retry &&
	test_must_fail as bob git xmpp queue drop 0 2>err && grep "^fatal: " err &&
	test_must_fail as bob git xmpp buddies 2>err && grep "told to stop" err &&
	as bob git xmpp status >status && cat status && grep "stopping when no transfer runs" status &&
	touch go && wait $push_pid && wait $stop_pid && broker_ended bob 20 && at_bob five
'

test_expect_success 'a reload that comes while it ends changes nothing' '
	as bob git config --global --remove-section xmpp.idle &&
	as bob git config --global xmpp.account localhost && start_broker bob &&
	server_pid=$prosody_pid$ejabberd_pid && kill -STOP $server_pid &&
	{ as bob git xmpp daemon stop --now >out 2>&1 & } && stop_pid=$! && started $stop_pid &&
	{ wait_for 10 leaves_last bob; left=$?; } &&
	{ kill -HUP "$(broker_pid bob)"; kill -CONT $server_pid; test $left = 0; } &&
	broker_ended bob 20 && wait $stop_pid
'

test_done

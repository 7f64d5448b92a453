#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Another version is installed while a broker runs: what its user sees, what the broker goes on
# doing, and that nothing is lost by a restart; then the files that one version leaves to the
# other. Bob is who upgrades; the later version speaks another protocol on the Unix socket.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-slow-push.sh"

have_server || test_skip_all 'no XMPP server is installed'

url=xmpp::bob@localhost/project
state=bob/.state/git-xmpp
data=bob/.data/git-xmpp

# put_programs <directory> <daemon> <remote> <command>: as an installation does, each under its
# name in one step.
put_programs () {
	mkdir -p "$1" && cp "$2" "$1/daemon.new" && cp "$3" "$1/remote.new" && cp "$4" "$1/command.new" &&
	cp "$BUILD/git-xmpp-hook" "$1/hook.new" && mv "$1/daemon.new" "$1/git-xmpp-daemon" &&
	mv "$1/remote.new" "$1/git-remote-xmpp" && mv "$1/command.new" "$1/git-xmpp" &&
	mv "$1/hook.new" "$1/git-xmpp-hook"
}

install_present () {
	put_programs installed "$BUILD/git-xmpp-daemon" "$BUILD/git-remote-xmpp" "$BUILD/git-xmpp"
}

install_later () {
	put_programs installed "$BUILD/t/later-daemon" "$BUILD/t/later-remote" "$BUILD/t/later-command"
}

# holder_of_lock: the broker that bob has, whoever started it.
holder_of_lock () {
	sed -n 's/^pid //p' "$state/broker.lock"
}

# runs_what_is_installed: his broker is a process of the file that is there.
runs_what_is_installed () {
	test "/proc/$(holder_of_lock)/exe" -ef installed/git-xmpp-daemon
}

# Whom bob's broker was started by does not know when it ends.
end_bob () {
	as bob git xmpp daemon stop --now >/dev/null 2>&1
}
test_atexit end_bob

at_bob () {
	git -C bob/project.git rev-parse -q --verify "refs/heads/$1"
}

# slow_restart: of bob's broker, in the background; "restarted" is what it prints.
slow_restart () {
	as bob git xmpp daemon restart >restarted 2>&1 &
	restart_pid=$!
	started $restart_pid
}

# queue_waits <pattern>: the entry in bob's queue, which no command can ask the broker about.
queue_waits () {
	tr "\0" "\n" <"$(ls $state/queue/q*)" >entry && cat entry && grep "state=waiting" entry && grep "$1" entry
}

queue_is_empty () {
	as bob git xmpp queue >queue && ! grep -q ^q queue
}

test_expect_success 'two users; bob shares, and has a push that waits for alice' '
	start_server alice bob && install_present && build_bob=$TRASH/installed &&
	setup_user alice && setup_user bob && start_broker alice && start_broker bob && pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 5 && "$TOP/t/tools/make-repo" alice/other.git 5 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git xmpp share alice/other.git --name=other --push=bob@localhost &&
	as alice git clone -q $url alice/work && as bob git clone -q xmpp::alice@localhost/other bob/work &&
	stop_broker alice && git -C bob/work commit -q --allow-empty -m later &&
	as bob git -C bob/work xmpp queue push origin HEAD:refs/heads/queued && start_broker alice &&
	wait_for 30 queue_is_empty && stop_broker alice &&
	as bob git -C bob/work xmpp queue push origin HEAD:refs/heads/waits && as bob git xmpp queue >queue && grep "^q" queue
'

test_expect_success 'the later version is installed: the broker goes on, and serves others' '
	install_later && start_broker alice && as alice git ls-remote $url && ! runs_what_is_installed
'

test_expect_success 'what it pushes by itself runs the later helper: that waits, and is tried again' '
	wait_for 30 queue_waits "error=.*speaks protocol 0, this program protocol 1" && stop_broker alice
'

test_expect_success 'git, and each command, says which of the two is older, and what to do' '
	said () { cat err && grep "the XMPP broker (git-xmpp-daemon/[0-9.]*) speaks protocol 0, this program protocol 1" err && grep "^hint: .*git xmpp daemon stop" err; } &&
	test_expect_code 128 as bob git ls-remote xmpp::alice@localhost/other 2>err && said &&
	test_expect_code 128 as bob git xmpp status 2>err && said &&
	test_expect_code 128 as bob git xmpp buddies 2>err && said &&
	test_expect_code 128 as bob git xmpp status --json >out && grep "\"id\":\"broker-version\"" out
'

test_expect_success 'doctor names the command' '
	test_expect_code 1 as bob git xmpp doctor --porcelain >out && cat out &&
	grep "^findings	broker-version	broker	fault	.*protocol 0, .*	git xmpp daemon restart$" out
'

test_expect_success 'which lets the push end that is under way, and starts the new one' '
	start_broker alice && slow_push one && slow_restart &&
	wait_for 20 grep "to stop when 1 transfer is over" log/bob && ! grep started restarted &&
	touch go && wait $push_pid && wait $restart_pid && cat restarted && at_bob one &&
	grep "^warning: .*ending process" restarted && grep "^stopped$" restarted && grep "^started$" restarted &&
	runs_what_is_installed
'

test_expect_success 'nothing was lost: trust, shares, and the queue, which pushes' '
	wait_for 30 broker_online bob && wait_for 30 trusts bob alice && wait_for 30 queue_is_empty &&
	git -C alice/other.git rev-parse --verify refs/heads/waits && as alice git ls-remote $url &&
	as bob git xmpp log >log.bob && grep "alice@localhost .*pushed .*project" log.bob && as bob git xmpp doctor
'

test_expect_success 'whoever still has the earlier programs is told so, and their restart leads back' '
	install_present &&
	test_expect_code 128 as bob git ls-remote xmpp::alice@localhost/other 2>err && cat err &&
	grep "speaks protocol 99, this program protocol 1" err &&
	as bob git xmpp daemon stop 2>err && cat err && grep "ending process" err &&
	as bob git ls-remote xmpp::alice@localhost/other && runs_what_is_installed
'

test_expect_success 'the same version once more: the broker of the files that are gone does all it did' '
	end_bob && start_broker bob && runs_what_is_installed && install_present && ! runs_what_is_installed &&
	as bob git xmpp share --name=project --protect=main && wait_for 20 trusts bob alice &&
	git -C alice/work commit -q --allow-empty -m two && as alice git -C alice/work push origin HEAD:refs/heads/two &&
	test_must_fail as alice git -C alice/work push -f origin HEAD~2:refs/heads/main 2>err && cat err && grep "protect" err &&
	as bob git xmpp share --name=project --no-protect=main &&
	as bob git xmpp daemon restart && runs_what_is_installed && wait_for 30 broker_online bob
'

test_expect_success 'one of the files that are gone, and hung, is ended' '
	install_present && pid=$(holder_of_lock) && kill -STOP "$pid" &&
	as bob git xmpp daemon restart 2>err && cat err && grep "ending process $pid" err && runs_what_is_installed &&
	wait_for 30 broker_online bob
'

# as_earlier: bob's files as a version had them that knew one account only: one key, one table with
# neither times nor names, a queued push that does not know where git ran, a journal without parts.
as_earlier () {
	mv $data/accounts/bob@localhost/key $data/key &&
	awk '$2 != "-" { print $1, $2, $3, $4 }' $state/accounts/bob@localhost/devices >$state/devices &&
	rm -rf $data/accounts $state/accounts &&
	cut -f 1-7 $state/events >events && cp events $state/events &&
	for entry in $state/queue/q*
	do
		tr "\0" "\n" <"$entry" | grep -v -e ^account= -e ^directory= -e ^variable= -e ^state= | tr "\n" "\0" >entry &&
		cp entry "$entry" || return
	done
}

test_expect_success 'files of an earlier version: the same device, trust, queue and journal' '
	stop_broker alice && git -C bob/work commit -q --allow-empty -m more &&
	as bob git -C bob/work xmpp queue push origin HEAD:refs/heads/earlier && end_bob &&
	as bob git xmpp log --porcelain | cut -f 1-5 >before && test -s before && key=$(sha256sum <$data/accounts/bob@localhost/key) &&
	as_earlier && grep "^alice@localhost [0-9a-f]* [a-z]* [0-9]*$" $state/devices &&
	start_broker alice && start_broker bob && wait_for 30 trusts bob alice && wait_for 30 trusts alice bob &&
	wait_for 30 queue_is_empty && git -C alice/other.git rev-parse --verify refs/heads/earlier &&
	test "$key" = "$(sha256sum <$data/accounts/bob@localhost/key)" && ! test -e $data/key && ! test -e $state/devices &&
	as bob git xmpp log --porcelain | cut -f 1-5 >after && head -n "$(wc -l <before)" after >same && test_cmp before same &&
	! grep "not understood" log/bob
'

# files: of bob's state, with what is in them, but for the locks and the log.
files () {
	find $state $data -type f ! -name "*lock" ! -name "daemon.log*" -exec sha256sum {} + | sort
}

test_expect_success 'files of a later version: no broker begins with them, and none is changed' '
	end_bob && wait_for 10 gone "$(broker_pid bob)" && echo 2 >$state/format && files >before &&
	said () { cat err && grep "a later version has written what is kept here: .*/format. says format 2, and this one knows format 1" err; } &&
	test_expect_code 78 as bob git-xmpp-daemon 2>err && said && has_message state-newer err && grep "^hint: Install the later version" err &&
	test_must_fail as bob git-xmpp-daemon --detach 2>err && said &&
	test_expect_code 128 as bob git xmpp daemon start 2>err && said &&
	test_expect_code 128 as bob git ls-remote xmpp::alice@localhost/other 2>err && said &&
	test_expect_code 1 as bob git xmpp doctor --porcelain >out && cat out &&
	grep "^findings	state-newer	files	fault	.*format 2, .*	cat .*/format$" out &&
	files >after && test_cmp before after
'

test_expect_success 'a number that is none is no number; that of this version, or before it, is one' '
	echo two >$state/format && test_expect_code 78 as bob git-xmpp-daemon 2>err && cat err && grep "format.: it is no number" err &&
	for number in 0 1
	do
		echo $number >$state/format && as bob git xmpp daemon start && as bob git xmpp daemon stop --now || return 1
	done &&
	rm $state/format && as bob git xmpp daemon start && wait_for 30 broker_online bob
'

test_done

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A user waits, and sees for what: for a buddy who is away, or whose machine sleeps, and for bytes
# that git has counted as sent.

# What Prosody has as its default, and Debian enables.
prosody_limits="10kb/s"
. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project

# in_the_background <user> <command>...: its standard error is in the file err, its process is $git.
in_the_background () {
	local who

	who=$1
	shift
	as "$who" "$@" >out 2>err &
	git=$!
	started $git
}

ends_well () {
	wait $git
}

test_expect_success 'alice may push to bob' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 3 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git clone -q $url alice/work
'

test_expect_success 'a buddy who is away is not waited for, unless that was said' '
	stop_broker bob &&
	test_must_fail as alice git -C alice/work fetch 2>err && grep "is offline" err &&
	in_the_background alice git -C alice/work -c xmpp.wait=120 fetch --progress &&
	wait_for 30 grep "is offline; waiting ([0-9]* s)" err &&
	start_broker bob && ends_well
'

test_expect_success 'nor for ever' '
	stop_broker bob &&
	test_must_fail as alice git -C alice/work -c xmpp.wait=2 fetch 2>err && grep "is offline" err &&
	start_broker bob && wait_for 30 as alice git -C alice/work fetch
'

test_expect_success 'one whose machine sleeps: a line within two seconds says who is waited for' '
	kill -STOP $(broker_pid bob) &&
	in_the_background alice git -C alice/work -c xmpp.wait=120 fetch --progress &&
	wait_for 30 grep "waiting for bob@localhost ([0-9]* s)" err &&
	tr "\r" "\n" <err | grep "([0-9]* s)" | head -n 1 | grep "([12] s)" &&
	wait_for 40 grep "did not answer within 15 seconds; waiting" err &&
	kill -CONT $(broker_pid bob) && ends_well
'

# ejabberd limits in its own way, and not here.
is_slow () {
	test "${SERVER:-prosody}" = prosody
}

test_expect_success is_slow 'a slow server: what has left, how fast, and how long it takes' '
	head -c 200000 /dev/urandom >alice/work/large && as alice git -C alice/work add large &&
	as alice git -C alice/work commit -q -m large &&
	in_the_background alice git -C alice/work push --progress origin HEAD:main &&
	wait_for 60 grep "sent [0-9.]* of [0-9.]* KiB, [0-9.]* [KM]iB/s, [0-9]* \(s\|min\) left" err &&
	ends_well && tail -n 1 err | grep "HEAD -> main"
'

test_done

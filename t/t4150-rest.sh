#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A broker runs all day for a push now and then: in between it sleeps, and
# keeps nothing that it does not need.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project

# sleeps <user>: wakes up for nothing, for ten seconds at least. The keepalive comes
# less often; what fails this is a timer that nobody needs.
sleeps () {
	wait_for 60 at_rest "$(broker_pid "$1")" 10
}

# anonymous_below <user> <kB>: for wait_for.
anonymous_below () {
	test "$(anonymous "$1")" -lt "$2"
}

test_expect_success 'without an account, a broker sleeps' '
	mkdir -p -m 700 carol/run &&
	run_broker carol &&
	wait_for 10 test -S carol/run/git-xmpp/socket &&
	sleeps carol &&
	stop_broker carol
'

test_expect_success 'online, it sleeps' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob &&
	sleeps alice
'

test_expect_success 'with a share that is watched, and a link that was used, it sleeps' '
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 20 4 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git ls-remote $url &&
	as alice git xmpp status -v >status &&
	grep "^link.*bob@localhost.*up" status &&
	sleeps alice &&
	sleeps bob
'

test_expect_success '! sanitized' 'what a transfer needed is given back' '
	before_alice=$(anonymous alice) before_bob=$(anonymous bob) &&
	as alice git clone -q --bare $url alice/1.git &&
	as alice git clone -q --bare $url alice/2.git &&
	as alice git clone -q --bare $url alice/3.git &&
	echo "alice $before_alice -> $(anonymous alice) kB, bob $before_bob -> $(anonymous bob) kB" &&
	wait_for 20 anonymous_below alice $((before_alice + 256)) &&
	wait_for 20 anonymous_below bob $((before_bob + 256))
'

test_done

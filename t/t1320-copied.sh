#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A machine is copied: two brokers with one key and one account. Both notice, one of
# them stops, and comes back when the other has ended. What the server shows of a
# session that is over is no copy.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_prosody || test_skip_all 'prosody or openssl is not installed'

# copy_alice: to the machine of a user named copy.
copy_alice () {
	rm -rf copy && cp -r alice copy && rm -rf copy/run copy/.state && mkdir -m 700 copy/run &&
	: >log/copy
}

# says <user> <text>: in its status.
says () {
	as "$1" git xmpp status 2>&1 | grep -q "$2"
}

# stopped_for_it <user>: it says why it is not online.
stopped_for_it () {
	says "$1" "failed: another machine is online as this device of .alice@localhost."
}

# noticed <user>: and is online.
noticed () {
	broker_online "$1" && says "$1" "another machine uses the key of this device"
}

logged () {
	journal "$1" | grep "another machine is online as this device"
}

one_stays () {
	{ stopped_for_it alice && noticed copy; } || { stopped_for_it copy && noticed alice; }
}

begin () {
	: >log/copy
	stop_prosody
	prosody_more="conflict_resolve = \"$1\""
	prosody_run "$prosody_port" && : >log/alice && start_broker alice
}

end_both () {
	stop_broker alice && stop_broker copy
}

test_expect_success 'alice has a machine' '
	start_prosody alice && setup_user alice && start_broker alice && stop_broker alice && copy_alice
'

test_expect_success 'the server takes the place from the first: it stops, the copy stays, both say so' '
	begin kick_old && start_broker copy &&
	wait_for 5 says alice "failed" &&
	wait_for 40 stopped_for_it alice && wait_for 20 noticed copy &&
	logged alice && logged copy
'

test_expect_success 'the copy ends: the next command has the first online again, and it has no twin' '
	stop_broker copy && { as alice git ls-remote xmpp::nobody@localhost/x || :; } &&
	wait_for 20 broker_online alice && ! says alice "another machine" && stop_broker alice
'

test_expect_success 'the server gives the place to the first: the copy stops, both say so' '
	begin kick_new && { run_broker copy || :; } &&
	wait_for 40 stopped_for_it copy && wait_for 20 noticed alice && end_both
'

test_expect_success 'the server gives each a name of its own: one stops, both say so' '
	begin random && run_broker copy && wait_for 40 one_stays && logged alice && logged copy && end_both
'

test_expect_success 'who gives no sign of life is no twin' '
	begin random && kill -STOP "$(broker_pid alice)" && start_broker copy &&
	wait_for 30 grep "ghost" log/copy && broker_online copy && ! grep "another machine" log/copy
'

test_expect_success 'but is one when it gives one: it was asleep' '
	kill -CONT "$(broker_pid alice)" && wait_for 40 one_stays && end_both
'

test_done

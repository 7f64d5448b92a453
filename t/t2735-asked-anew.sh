#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Alice asks Bob, whose broker does not run. When it does, ejabberd says nothing of that to it, for
# it takes no messages; nor when she says it again. So her broker makes the request anew.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

bob_is () {
	as alice git xmpp buddies --porcelain | grep "^bob@localhost	[a-z]*	$1	"
}

asked_again () {
	grep "bob@localhost has not answered, and is asked $1" log/alice
}

test_expect_success 'alice asks bob while no broker of his runs' '
	start_server alice bob &&
	setup_user alice && setup_user bob && start_broker alice &&
	as alice git xmpp add bob@localhost && wait_for 10 bob_is none
'

test_expect_success 'she asks again by herself after a minute, and says it once more herself' '
	start_broker bob && wait_for 90 asked_again again &&
	as alice git xmpp add bob@localhost &&
	{ test "$SERVER" != ejabberd || test_must_fail knows bob alice; }
'

test_expect_success 'it is made anew, and bob is told' '
	wait_for 90 asked_again anew && wait_for $subscribed_in knows bob alice
'

# The roster of alice has lost the old request by then, and has the new one.
test_expect_success 'he accepts, and each trusts the other' '
	as bob git xmpp accept alice@localhost &&
	wait_for $subscribed_in trusts alice bob && wait_for $subscribed_in trusts bob alice &&
	wait_for $subscribed_in bob_is both
'

test_expect_success 'nobody is asked any more, and nothing was taken for a refusal' '
	as alice git xmpp buddies >out && cat out && ! grep -E "asked again|declined" out &&
	! grep -E "refused|is a buddy no more" log/alice log/bob
'

test_done

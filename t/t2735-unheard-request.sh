#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Alice asks Bob, whose broker does not run. When it does, ejabberd says nothing of that to it, for
# it takes no messages; nor when she asks again. They are buddies all the same when he adds her.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

test_expect_success 'alice asks bob while no broker of his runs' '
	start_server alice bob &&
	setup_user alice && setup_user bob && start_broker alice &&
	as alice git xmpp add bob@localhost && wait_for 10 subscribed alice bob none
'

test_expect_success 'when it runs, ejabberd has not told him' '
	start_broker bob &&
	{ test "$SERVER" != ejabberd || test_must_fail knows bob alice; }
'

# It may be two minutes until her broker asks again, and his server answers.
test_expect_success 'he adds her: both are buddies, and each trusts the other' '
	as bob git xmpp add alice@localhost &&
	wait_for 180 subscribed alice bob both && wait_for 20 subscribed bob alice both &&
	wait_for $subscribed_in trusts alice bob && wait_for $subscribed_in trusts bob alice
'

test_done

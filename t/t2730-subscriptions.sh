#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ejabberd drops what a user says or hears of subscriptions beyond five stanzas a minute
# (mod_pres_counter, which its usual configuration has), and nobody is told.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_ejabberd || test_skip_all 'ejabberd is not installed'

buddies="bob carol dave"

all_subscribed () {
	for who in $buddies
	do
		subscribed alice $who both && subscribed $who alice both || return 1
	done
}

test_expect_success 'alice and three others' '
	ejabberd_counter=yes &&
	start_ejabberd alice $buddies &&
	setup_user alice && start_broker alice &&
	for who in $buddies
	do
		setup_user $who && start_broker $who || return 1
	done
'

test_expect_success 'become buddies within a minute, as far as the server lets them' '
	for who in $buddies
	do
		as alice git xmpp add $who@localhost || return 1
	done &&
	for who in $buddies
	do
		wait_for 10 knows $who alice && as $who git xmpp accept alice@localhost || return 1
	done &&
	test_must_fail all_subscribed
'

# Somebody says what is missing.
test_expect_success 'what is missing is shown' '
	for who in alice $buddies
	do
		as $who git xmpp buddies || return 1
	done >out &&
	cat out &&
	grep -E "is asked again in|does not see you yet" out
'

test_expect_success 'and is there three minutes later without anybody doing anything' '
	wait_for 180 all_subscribed
'

test_done

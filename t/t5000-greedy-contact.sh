#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A chat contact of Alice's, who has no key that she trusts, does what a contact
# can do; Alice's broker answers her meanwhile, and Carol is served.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-attack.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::alice@localhost/project
many=70

test_expect_success 'alice, her friend carol, and a contact' '
	evil_server &&
	contacts alice mallory@localhost mallory@$EVIL $(seq -f "u%g@$EVIL" 1 $many) &&
	contacts mallory alice@localhost &&
	start_server alice carol dave mallory &&
	friends &&
	git init -q --bare alice/some.git &&
	head -c 200000 /dev/urandom >alice/noise &&
	git -C alice/some.git update-ref refs/noise $(git -C alice/some.git hash-object -w --stdin <alice/noise) &&
	as alice git xmpp share alice/some.git --name=some --fetch=carol@localhost &&
	remember
'
test $test_failed -eq 0 || test_done

clones () {
	rm -rf carol/clone.git &&
	served 40 clone -q --bare $url carol/clone.git
}

for who in mallory@localhost mallory@$EVIL $EVIL
do
	for block in 5700 16 512
	do
		test_expect_success "$who opens bytestreams of $block bytes, and says and acknowledges nothing" '
			attack --as $who --crowd $many --each 4 --block $block open $victim &&
			is_served && clones &&
			bounded 8192 64
		'
		figures
		test_expect_success 'and has gone' has_gone
	done
done

test_expect_success 'contacts show one key after the other: a friend'"'"'s second device finds its place all the same' '
	attack --as mallory@localhost --crowd 1 --count 20 keys $victim &&
	attack --as $EVIL --crowd 30 --count 60 keys $victim &&
	answers alice &&
	second_device dave2 dave &&
	stop_broker dave2 &&
	served 20 ls-remote -q $url >/dev/null &&
	as alice git xmpp buddies mallory@localhost >out &&
	cat out &&
	test "$(grep -c pending out)" -le 4 &&
	bounded 8192 64
'
figures
test_expect_success 'and have gone' has_gone

# The clone takes a while, so that paths break while others send.
for who in mallory@localhost mallory@$EVIL $EVIL
do
	test_expect_success "$who breaks bytestreams, and answers no close" '
		attack --as $who --crowd $many --each 4 --count 4000 break $victim &&
		is_served && clones &&
		as alice git config --global xmpp.bandwidth 50k && reload alice &&
		rm -rf carol/mirror.git &&
		served 40 clone -q --mirror xmpp::alice@localhost/some carol/mirror.git &&
		as alice git config --global --unset xmpp.bandwidth && reload alice &&
		answers alice &&
		bounded 8192 64
	'
	figures
	test_expect_success 'and has gone' has_gone
done

test_done

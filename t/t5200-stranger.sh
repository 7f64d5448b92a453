#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Somebody whom Alice does not know, or a server that is not hers, sends her broker what one
# can send without being asked. Carol is served meanwhile.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-attack.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::alice@localhost/project
to="to='%t' from='%f' id='%i'"
git="<git xmlns='urn:uuid:ee43ceee-e66d-405f-93fc-6b4a8d39d3fb' dev='aaaaaaaaaaaaaaaa' inst='0123456789abcdef'/>"

# Stanzas of any size and depth, as from a server that has no limits.
test_expect_success 'alice and her friend carol' '
	prosody_more="
	c2s_stanza_size_limit = 10485760
	component_stanza_size_limit = 10485760
	" &&
	evil_server &&
	start_server alice carol dave erin &&
	friends &&
	remember
'
test $test_failed -eq 0 || test_done

for who in 'stranger@evil.localhost --crowd 1' 'evil.localhost --crowd 500'
do
	test_expect_success "${who% --crowd*} is not told that alice is there" '
		attack --as $who --rate 5 --count 10 say $victim \
			"<iq type=\"get\" $to><ping xmlns=\"urn:xmpp:ping\"/></iq>" \
			"<iq type=\"get\" $to><query xmlns=\"http://jabber.org/protocol/disco#info\"/></iq>" &&
		attack_ends >out &&
		cat out &&
		grep "over done=0" out
	'
done

# What is no question: it costs nobody anything. Prosody writes down all requests that are open at
# each new one, which takes it a second for each when they are hundreds and the machine is busy.
for stanza in "presence type='subscribe'" presence "presence type='unavailable'" "presence type='unsubscribed'" \
	message "iq type='result'" "iq type='error'"
do
	crowd=500
	test "$stanza" != "presence type='subscribe'" || crowd=100
	test_expect_success "$stanza from $crowd people" '
		attack --as $EVIL --crowd $crowd --rate 200 --count $crowd say $victim \
			"<$stanza $to>$git<body>x</body></${stanza%% *}>" \
			"<$stanza to=\"alice@localhost\" from=\"%f\" id=\"%i\"/>" &&
		is_served &&
		bounded 4096 64
	'
	figures
	test_expect_success 'and have gone' has_gone
done

asks_alice () {
	as alice git xmpp buddies | grep erin@localhost
}

test_expect_success 'who asks to be a buddy is seen, however many of one domain have asked' '
	setup_user erin && start_broker erin &&
	attack --as $EVIL --crowd 100 --rate 200 --count 100 say $victim \
		"<presence type=\"subscribe\" to=\"alice@localhost\" from=\"%f\"/>" &&
	as erin git xmpp add alice@localhost &&
	wait_for 5 asks_alice &&
	as alice git xmpp accept erin@localhost &&
	wait_for 10 trusts alice erin &&
	stop_broker erin
'
test_expect_success 'and have gone' has_gone

# Where elements go 5000 deep ejabberd 23.01 dies of a segmentation fault (servers.md).
deepest=5000
test "$SERVER" != ejabberd || deepest=1000
for depth in 30 100 $deepest
do
	test_expect_success "stanzas with $depth elements inside each other cost her nothing" '
		broker_then=$(broker_pid alice) &&
		attack --as stranger@$EVIL --rate 10 --depth $depth --count 3 say $victim \
			"<message $to>%d</message>" "<iq type=\"get\" $to>%d</iq>" "<presence $to>%d</presence>" &&
		answers alice &&
		served 20 ls-remote -q $url >/dev/null &&
		link_made 20 &&
		bounded 8192 64
	'
	figures
	test_expect_success 'and have gone' has_gone
done

# pushes <from>: of a roster, by somebody who has none of Alice's.
pushes () {
	attack --as stranger@$EVIL --rate 20 --count 3 say $victim \
		"<iq type='set' to='%t' from='$1' id='%i'><query xmlns='jabber:iq:roster'>
			<item jid='intruder@$EVIL' subscription='both'/></query></iq>" \
		"<iq type='set' to='%t' from='$1' id='%i'><query xmlns='jabber:iq:roster'>
			<item jid='carol@localhost' subscription='remove'/></query></iq>" &&
	attack_ends
}

for from in localhost localhost/x alice@localhost/x "alice@$EVIL" "$EVIL" mallory@localhost mallory@localhost/r carol@localhost
do
	test_expect_success "a roster push of $from changes nothing" '
		pushes $from &&
		as alice git xmpp buddies --porcelain >out &&
		test_must_fail grep intruder out &&
		trusts alice carol &&
		served 20 ls-remote -q $url >/dev/null
	'
	figures
done

test_expect_success 'a stanza of three megabytes costs her a connection at most' '
	attack --as stranger@$EVIL --rate 1 --length 3000000 --count 1 say $victim "<message $to/>" &&
	attack_ends &&
	answers alice &&
	served 20 ls-remote -q $url >/dev/null &&
	bounded 8192 64
'
figures

test_done

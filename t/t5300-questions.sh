#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Strangers and contacts ask Alice's broker questions without end. Her own server lets 10 kB/s
# through, as Debian's Prosody does, and what goes into answers is lost to Carol.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-attack.sh"

have_prosody || test_skip_all 'prosody or openssl is not installed'

url=xmpp::alice@localhost/project
to="to='%t' from='%f' id='%i'"

test_expect_success 'alice and her friend carol' '
	prosody_limits=10kb/s &&
	evil_server &&
	contacts alice mallory@localhost mallory@$EVIL &&
	contacts mallory alice@localhost &&
	start_prosody alice carol dave mallory $(seq -f u%g 1 20) &&
	friends &&
	remember
'
test $test_failed -eq 0 || test_done

# says <option>...: all that is answered by somebody.
says () {
	attack "$@" --count 100 say $victim \
		"<iq type='get' $to><ping xmlns='urn:xmpp:ping'/></iq>" \
		"<iq type='get' $to><query xmlns='http://jabber.org/protocol/disco#info'/></iq>" \
		"<iq type='get' $to><query xmlns='http://jabber.org/protocol/disco#info' node='%n'/></iq>" \
		"<iq type='get' $to><query xmlns='jabber:iq:version'/></iq>" \
		"<iq type='set' $to><query xmlns='jabber:iq:roster'/></iq>" \
		"<iq type='set' $to><open xmlns='http://jabber.org/protocol/ibb'/></iq>" \
		"<iq type='set' $to><open xmlns='http://jabber.org/protocol/ibb' sid='%n' block-size='x'/></iq>" \
		"<iq type='set' $to><data xmlns='http://jabber.org/protocol/ibb' sid='%n' seq='0'>AAAA</data></iq>" \
		"<iq type='set' $to><close xmlns='http://jabber.org/protocol/ibb' sid='%n'/></iq>"
}

for length in 16 2000
do
	for who in 'stranger@evil.localhost --crowd 1' 'evil.localhost --crowd 500' 'localhost --crowd 20' \
		'mallory@evil.localhost --crowd 1' 'mallory@localhost --crowd 20'
	do
		test_expect_success "questions of ${who% --crowd*}, with ids of $length bytes, do not take what the server lets through" '
			says --as $who --rate 100 --length $length &&
			is_served &&
			bounded 4096 16
		'
		figures
		test_expect_success 'and have gone' has_gone
	done
done

test_done

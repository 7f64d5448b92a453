#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The login that setup makes: where it fails, each stage by its own words and at once; which key
# the server has; and who asked to be a buddy meanwhile.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

# set_up <user> <option>...: without a terminal.
set_up () {
	local who

	who=$1
	shift
	as "$who" timeout 180 git xmpp setup "$who@localhost" --password-command="cat '$TRASH/$who/pw'" "$@" >out 2>err </dev/null
	set_up_status=$?
	cat out err
	return $set_up_status
}

# at_server <user> <option>...: at the server of this script, whose certificate is trusted.
at_server () {
	set_up "$@" --server="127.0.0.1:$server_port" --ca-file="$TRASH/prosody/localhost.crt"
}

# odd_server <text>...: its port is in $odd_port.
odd_server () {
	rm -f odd.port
	"$BUILD/t/odd-server" "$@" >odd.port &
	started $!
	wait_for 5 test -s odd.port && odd_port=$(cat odd.port)
}

# key_of <certificate>: as it is pinned.
key_of () {
	echo "sha256//$(openssl x509 -in "$1" -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | openssl base64 -A)"
}

SQ="'"
stream="<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='1' version='1.0'
	xmlns:stream='http://etherx.jabber.org/streams' from='localhost'>"

test_expect_success 'alice has an account' '
	start_server alice bob && plain_user alice && plain_user bob && mkdir -p -m 700 alice/run bob/run
'

test_expect_success 'a port where nobody is: said at once, with the address' '
	port=$("$BUILD/t/free-port") && test_expect_code 128 set_up alice --server="127.0.0.1:$port" &&
	grep "^fatal: cannot reach XMPP server .localhost.: 127.0.0.1:$port: Connection refused" err
'

test_expect_success 'a name that does not resolve' '
	test_expect_code 128 set_up alice --server=no.such.invalid && grep "^fatal: .*cannot resolve no.such.invalid" err
'

test_expect_success 'a server without encryption, one whose TLS is none' '
	odd_server "$stream<stream:features/>" && test_expect_code 128 set_up alice --server="127.0.0.1:$odd_port" &&
	grep "^fatal: .localhost. offers no encryption" err &&
	odd_server "$stream<stream:features><starttls xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/></stream:features>" \
		"<proceed xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/>" --more "this is no TLS" &&
	test_expect_code 128 set_up alice --server="127.0.0.1:$odd_port" &&
	grep "^fatal: .*127.0.0.1:$odd_port: TLS handshake failed" err
'

test_expect_success 'a certificate that is not trusted: its key is shown, and nothing is sent' '
	key=$(key_of prosody/localhost.crt) &&
	test_expect_code 128 set_up alice --server="127.0.0.1:$server_port" &&
	grep "^fatal: certificate of .localhost. is not trusted: self.signed certificate" err &&
	grep -F "git xmpp setup --pin=$key" err
'

test_expect_success 'a wrong password' '
	cp alice/pw right && echo wrong >alice/pw && test_expect_code 128 at_server alice && cp right alice/pw &&
	grep "^fatal: authentication failed for .alice@localhost.: not-authorized" err
'

test_expect_success 'a login: the address, the end of the certificate' '
	at_server alice && until=$(date -u -d "$(openssl x509 -in prosody/localhost.crt -enddate -noout | sed s/.*=//)" "+%-d %b %Y") &&
	grep "^localhost: 127.0.0.1:$server_port, certificate ok until $until, logged in$" out && grep "^next: " out
'

test_expect_success 'who has asked to be a buddy is named, with the command that accepts' '
	at_server bob && as bob git xmpp add alice@localhost && wait_for 10 knows alice bob &&
	at_server alice && grep "^bob@localhost wants to be your buddy:  *git xmpp accept bob@localhost$" out &&
	test_must_fail grep "^next" out && $(sed -n "s/^bob@localhost wants.*:  *git/as alice git/p" out) && wait_for 20 trusts alice bob
'

test_expect_success 'the key that is shown is pinned, and then it counts alone: no authority is needed' '
	at_server alice --pin && grep "^pinned the key of localhost: $key$" out &&
	test "$(as alice git config xmpp.localhost.pinnedPubkey)" = "$key" &&
	grep "^localhost: 127.0.0.1:$server_port, key as pinned, logged in$" out &&
	as alice git config --global --unset xmpp.localhost.caFile && set_up alice && grep "key as pinned" out
'

test_expect_success 'another key is refused, though its certificate verifies; the hint leads on' '
	stop_server && make_certificate && server_again && new=$(key_of prosody/localhost.crt) && test "$new" != "$key" &&
	test_expect_code 128 at_server alice &&
	grep -F "fatal: the key of ${SQ}localhost${SQ} is $new, and $key is pinned" err &&
	sed -n "s/^hint: .*\"\(git xmpp setup --pin=[^\"]*\)\".*/\1/p" err >command && test -s command &&
	as alice sh ./command && as alice git xmpp status && test "$(as alice git config xmpp.localhost.pinnedPubkey)" = "$new"
'


test_expect_success 'two keys may be pinned, and what is no pin is no key' '
	set_up alice --pin="$key;$new" && grep "key as pinned" out &&
	test_expect_code 129 set_up alice --pin=md5 &&
	test_expect_code 128 set_up alice --pin="sha256//short" && grep "^fatal: the key of" err &&
	at_server alice --no-pin && test_must_fail as alice git config xmpp.localhost.pinnedPubkey && grep "certificate ok" out
'

test_expect_success 'on a terminal a key is trusted by hand, as with ssh' '
	as alice git config --global --unset xmpp.localhost.caFile && { as alice git xmpp daemon restart || :; } &&
	test_expect_code 128 as alice "$BUILD/t/on-terminal" -c "n\n" git xmpp setup --pin >out 2>shown && cat shown &&
	grep -F "Its key is $new" shown && test_must_fail as alice git config xmpp.localhost.pinnedPubkey &&
	as alice "$BUILD/t/on-terminal" -c "y\n" git xmpp setup --pin >out 2>shown && cat out shown &&
	test "$(as alice git config xmpp.localhost.pinnedPubkey)" = "$new" && grep "key as pinned, logged in" out
'

stop_other_brokers
test_done

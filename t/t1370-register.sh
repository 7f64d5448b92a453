#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# An account that setup has the server make (XEP-0077).

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

# registers <name> <option>...: by setup of alice, whose answer to each question is in the file answer.
registers () {
	local name

	name=$1
	shift
	as alice GIT_ASKPASS="$TRASH/askpass" timeout 180 git xmpp setup "$name@localhost" --name="$name" --register \
		--ca-file="$TRASH/prosody/localhost.crt" "$@" >out 2>err </dev/null
	registers_status=$?
	cat out err
	return $registers_status
}

# with_server <name> <option>...: at the server of this script.
with_server () {
	registers "$@" --server="127.0.0.1:$server_port"
}

test_expect_success 'a server that lets anybody make an account' '
	printf "#!/bin/sh\ncat $TRASH/answer\n" >askpass && chmod +x askpass && echo new-secret >answer &&
	prosody_more="allow_registration = true; registration_invite_only = false" prosody_module=register &&
	ejabberd_more="  mod_register: { access: all, ip_access: all }" &&
	start_server alice && plain_user alice && mkdir -p -m 700 alice/run && with_server anna &&
	grep "^localhost: 127.0.0.1:$server_port, certificate ok until .*, logged in$" out && grep "^logged in as anna@localhost/" out &&
	as alice git xmpp status | grep "anna@localhost"
'

test_expect_success 'and the account has that password' '
	stop_other_brokers; echo "new-secret" >alice/pw2
	as alice git xmpp setup anna@localhost --name=anna --password-command="cat $TRASH/alice/pw2" >out 2>err && grep "^logged in as anna" out
'

test_expect_success 'a name that is taken: said, and the hint leads on' '
	echo "$PASSWORD" >answer && test_expect_code 128 with_server alice && grep "^fatal: .localhost. does not make an account .alice@localhost.: the address is taken" err &&
	sed -n "s/^hint: .*\"\(git xmpp setup alice@localhost\)\".*/\1/p" err >command && test -s command &&
	as alice GIT_ASKPASS="$TRASH/askpass" sh ./command >out && grep "^logged in as alice@localhost" out
'

test_expect_success 'two passwords that differ make nothing' '
	printf "#!/bin/sh\ndate +%%N\n" >askpass && test_expect_code 128 with_server carl && grep "^error: the two that were typed differ" err &&
	printf "#!/bin/sh\ncat $TRASH/answer\n" >askpass
'

test_expect_success 'a server that takes nobody' '
	stop_server && prosody_more= prosody_module= && ejabberd_more= && { test "$SERVER" = ejabberd && ejabberd_config >ejabberd/config.yml; server_again; } &&
	echo secret >answer && test_expect_code 128 with_server dora && grep "^fatal: .localhost. does not make an account .dora@localhost.: it takes no new accounts" err
'

asks_for_more () {
	test "${SERVER:-prosody}" = prosody
}

test_expect_success asks_for_more 'one that asks for more, with an address for a person' '
	mkdir -p prosody-modules && cat >prosody-modules/mod_ask_more.lua <<-\END &&
	local st = require "util.stanza";
	module:hook("stream-features", function (event)
		event.features:tag("register", { xmlns = "http://jabber.org/features/iq-register" }):up();
	end);
	module:hook("stanza/iq/jabber:iq:register:query", function (event)
		if event.origin.type ~= "c2s_unauthed" then return; end
		event.origin.send(st.reply(event.stanza):query("jabber:iq:register")
			:tag("username"):up():tag("password"):up():tag("email"):up()
			:tag("x", { xmlns = "jabber:x:oob" }):tag("url"):text("https://example.org/join"):up():up());
		return true;
	end, 100);
	END
	stop_server && prosody_module=ask_more && server_again &&
	test_expect_code 128 with_server erna && grep "^fatal: .*it asks for more than a name and a password" err &&
	grep "^hint: It is made at https://example.org/join; then run .git xmpp setup erna@localhost" err
'

test_expect_success 'no password is in any log' '
	test_must_fail grep -rl "new-secret" log alice/.state
'

stop_other_brokers
test_expect_success 'what is said in plain text where TLS begins does not count as said by the server' '
	tls="urn:ietf:params:xml:ns:xmpp-tls" && rm -f odd.port &&
	{ "$BUILD/t/odd-server" "<stream:stream xmlns=\"jabber:client\" id=\"1\" version=\"1.0\"
		xmlns:stream=\"http://etherx.jabber.org/streams\" from=\"localhost\"><stream:features>
		<starttls xmlns=\"$tls\"/></stream:features>" "<proceed xmlns=\"$tls\"/>
		<iq type=\"result\" id=\"git-fields\"><query xmlns=\"jabber:iq:register\"><email/>
		<x xmlns=\"jabber:x:oob\"><url>https://evil.example/</url></x></query></iq>" >odd.port & } &&
	started $! && wait_for 5 test -s odd.port &&
	test_expect_code 128 registers gerd --server="127.0.0.1:$(cat odd.port)" &&
	grep "^fatal: .*TLS handshake failed: plain text where TLS begins" err &&
	test_must_fail grep evil out err
'

test_done

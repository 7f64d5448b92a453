#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# No failure of the login is for ever, and every server of the domain is tried: what
# was wrong once is tried again by itself, and at once for a command.

# In a network and a file system of its own, where there is a name server.
if test -z "$GX_NAMESPACE" && unshare -rmn true 2>/dev/null
then
	GX_NAMESPACE=yes exec unshare -rmn sh "$0" "$@"
fi

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_prosody || test_skip_all 'prosody or openssl is not installed'
test -n "$GX_NAMESPACE" || test_skip_all 'no namespaces may be made'
unset GX_NAMESPACE

url=xmpp::nobody@localhost/x

# tries <user>: a command that wants to be served.
tries () {
	as "$1" git ls-remote $url 2>&1 | grep "not your buddy"
}

# name_server: answers from the file records.
name_server () {
	"$BUILD/t/name-server" records >name-server &
	name_server=$!
	started $name_server
	echo "nameserver 127.0.0.1" >resolv.conf &&
	wait_for 5 grep -q ready name-server && mount --bind resolv.conf /etc/resolv.conf
}

# odd_server <text>...: its port is in $odd_port.
odd_server () {
	rm -f odd.port
	"$BUILD/t/odd-server" "$@" >odd.port &
	started $!
	wait_for 5 test -s odd.port && odd_port=$(cat odd.port)
}

# failed <user> <text>: its account has, and that is why.
failed () {
	as "$1" git xmpp status | grep -q "failed: .*$2"
}

# offline_for <text>: alice's account is, and that is why.
offline_for () {
	as alice git xmpp status | grep "$1"
}

other_port=5223

test_expect_success 'a domain with thirteen records: a bad certificate, eleven ports where nobody is, a server' '
	mkdir -p prosody log "prosody/data/a%2etest/accounts" &&
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=a.test \
		-addext subjectAltName=DNS:a.test,DNS:b.test -keyout prosody/a.key -out prosody/a.crt 2>log/openssl &&
	mkdir -p "prosody/data/b%2etest/accounts" &&
	echo "return { [\"password\"] = \"$PASSWORD\" };" |
		tee "prosody/data/a%2etest/accounts/alice.dat" >"prosody/data/b%2etest/accounts/bob.dat" &&
	prosody_more="ssl = { key = \"$TRASH/prosody/a.key\", certificate = \"$TRASH/prosody/a.crt\" }" &&
	prosody_more="VirtualHost \"a.test\" $prosody_more VirtualHost \"b.test\" $prosody_more" &&
	start_prosody alice &&
	printf "%s\n" "_xmpps-client._tcp.b.test 0 0 1 s.a.test" \
		"_xmpp-client._tcp.b.test 0 0 $prosody_port s.a.test" >b.records &&
	echo "_xmpps-client._tcp.a.test 0 0 $other_port s.a.test" >records &&
	for port in 1 2 3 4 5 6 7 8 9 10 11 $prosody_port
	do
		echo "_xmpp-client._tcp.a.test $port 0 $port s.a.test" >>records || return 1
	done &&
	cat b.records >>records &&
	name_server &&
	{ openssl s_server -accept $other_port -cert prosody/localhost.crt -key prosody/localhost.key -www \
		</dev/null >log/other-server 2>&1 & other_server=$!; } &&
	started $other_server && wait_for 10 grep ACCEPT log/other-server
'

test_expect_success 'each is tried, in their order, and the last one lets us in' '
	"$BUILD/t/xmpp-probe" --ca-file "$TRASH/prosody/a.crt" --timeout 60 --until "state online" \
		alice@a.test "$PASSWORD" >out 2>log/probe &&
	grep "certificate of .a.test. is not trusted" log/probe &&
	sed -n "s/.*-> dialing, 127.0.0.1:\([0-9]*\)$/\1/p" log/probe >ports &&
	printf "%s\n" 5223 1 2 3 4 5 6 7 8 9 10 11 $prosody_port >expect && test_cmp expect ports
'

# dialled: the ports, in their order, since the last time.
dialled () {
	sed -n "s/.*-> dialing, 127.0.0.1:\([0-9]*\)$/\1/p" log/bob >ports &&
	tail -n "+$((${dialled:-0} + 1))" ports >since && dialled=$(wc -l <ports)
}

online_again () {
	test "$(grep -cs "online as bob@b.test" log/bob)" = "$1"
}

test_expect_success 'where direct TLS leads nowhere, STARTTLS comes first the next time' '
	mkdir -p -m 700 bob/run && plain_user bob && echo "$PASSWORD" >bob/pw &&
	as bob git xmpp setup bob@b.test --ca-file="$TRASH/prosody/a.crt" \
		--password-command="cat $TRASH/bob/pw" --no-start &&
	every_line=yes run_broker bob && wait_for 30 online_again 1 &&
	dialled && printf "%s\n" 1 $prosody_port >expect && test_cmp expect since &&
	stop_prosody && prosody_run $prosody_port && wait_for 60 online_again 2 &&
	dialled && test "$(head -n 1 since)" = $prosody_port &&
	stop_broker bob
'

test_expect_success 'a server that sends us on is followed' '
	odd_server "<?xml version='\''1.0'\''?><stream:stream xmlns='\''jabber:client'\'' id='\''1'\'' version='\''1.0'\''
		xmlns:stream='\''http://etherx.jabber.org/streams'\'' from='\''localhost'\''><stream:error><see-other-host
		xmlns='\''urn:ietf:params:xml:ns:xmpp-streams'\''>127.0.0.1:$prosody_port</see-other-host>
		</stream:error></stream:stream>" &&
	"$BUILD/t/xmpp-probe" --server "127.0.0.1:$odd_port" --ca-file "$TRASH/prosody/localhost.crt" \
		--timeout 60 --until "state online" alice@localhost "$PASSWORD" >out 2>log/probe
'

test_expect_success 'the keyring is locked when the broker starts' '
	setup_user alice &&
	as alice git config --global xmpp.localhost.passwordCommand "test -e $TRASH/open && cat $TRASH/alice/pw" &&
	run_broker alice && wait_for 10 failed alice "passwordCommand" && test_must_fail tries alice
'

test_expect_success '... and open for the next command' '
	touch open && tries alice && broker_online alice
'

test_expect_success 'the password is another one now: the broker asks for it, without a command' '
	rm open && stop_prosody &&
	echo "return { [\"password\"] = \"another\" };" >prosody/data/localhost/accounts/alice.dat &&
	prosody_run $prosody_port && wait_for 30 failed alice "not-authorized" &&
	echo another >alice/pw && touch open && tries alice && broker_online alice
'

test_expect_success '... and when it has changed there first, not even that' '
	stop_prosody && echo third >alice/pw &&
	echo "return { [\"password\"] = \"third\" };" >prosody/data/localhost/accounts/alice.dat &&
	prosody_run $prosody_port && wait_for 30 broker_online alice
'

test_expect_success 'a password that is refused is right after all: the next command tries it' '
	echo "return { [\"password\"] = \"$PASSWORD\" };" >prosody/data/localhost/accounts/alice.dat &&
	restart_prosody && wait_for 30 failed alice "not-authorized" &&
	echo "return { [\"password\"] = \"third\" };" >prosody/data/localhost/accounts/alice.dat &&
	restart_prosody && tries alice && broker_online alice
'

test_expect_success 'what was wrong in the configuration is put right there, and counts' '
	as alice git config --global xmpp.localhost.passwordCommand "false" &&
	stop_broker alice && run_broker alice && wait_for 10 failed alice "passwordCommand" &&
	as alice git config --global xmpp.localhost.passwordCommand "cat $TRASH/alice/pw" && tries alice
'

test_expect_success 'a command that never answers is named, and not waited for when another one stands there' '
	stop_broker alice && rm -f asked &&
	as alice git config --global xmpp.localhost.passwordCommand "touch $TRASH/asked; exec sleep 1000" &&
	run_broker alice && wait_for 10 test -e asked && as alice git xmpp status >out || : &&
	grep "connecting: the password of .alice@localhost. is waited for: .touch .* has not answered yet" out &&
	has_message password-awaited out &&
	background alice "$BUILD/t/on-terminal" -c "" git xmpp accept nobody@localhost 2>err && held=$job &&
	wait_for 10 grep "waiting for the password of alice@localhost" err &&
	as alice git config --global xmpp.localhost.passwordCommand "cat $TRASH/alice/pw" && tries alice &&
	wait_for 10 gone $held && grep "fatal: .nobody@localhost. has not asked" err
'

test_expect_success 'who asks for the buddies meanwhile is held as well, until the roster is read' '
	stop_broker alice && rm -f asked answer &&
	as alice git config --global xmpp.localhost.passwordCommand \
		"touch $TRASH/asked; until test -e $TRASH/answer; do sleep 0.1; done; cat $TRASH/alice/pw" &&
	run_broker alice && wait_for 10 test -e asked &&
	background alice "$BUILD/t/on-terminal" -c "" git xmpp buddies >list 2>err && held=$job &&
	wait_for 10 grep "waiting for the password of alice@localhost" err &&
	: >answer && job=$held && job_ends 20 0 && cat list err && ! grep "^fatal" err &&
	as alice git config --global xmpp.localhost.passwordCommand "cat $TRASH/alice/pw" && tries alice
'

test_expect_success 'why a command gives no password is said as it is' '
	for command in "true it.printed.nothing" "echo no.password.is.in.the.first.line" "kill:-9:\$\$ it.was.ended.by.signal.9"
	do
		as alice git config --global xmpp.localhost.passwordCommand "$(echo "${command% *}" | tr : " ")" &&
		stop_broker alice && run_broker alice && wait_for 10 failed alice "passwordCommand" &&
		as alice git xmpp status 2>&1 | grep "^ *hint: ${command#* }" || return 1
	done &&
	as alice git config --global xmpp.localhost.passwordCommand "cat $TRASH/alice/pw" && tries alice
'

test_expect_success 'another certificate is there for a while: refused, and no longer than that' '
	cp prosody/localhost.crt good.crt && cp prosody/localhost.key good.key &&
	as alice git config --global xmpp.localhost.caFile "$TRASH/good.crt" && stop_broker alice &&
	make_certificate && restart_prosody && run_broker alice && wait_for 10 failed alice "not trusted" &&
	cp good.crt prosody/localhost.crt && cp good.key prosody/localhost.key && restart_prosody &&
	wait_for 60 broker_online alice
'

test_expect_success 'a server that gives no roster for a while: that is said, and asked for again' '
	mkdir -p prosody-modules &&
	cat >prosody-modules/mod_no_roster.lua <<-END &&
	module:hook("iq/self/jabber:iq:roster:query", function (event)
		local stanza, file = require "util.stanza", io.open("$TRASH/no-roster");
		if file then
			local how = file:read("*l");
			file:close();
			event.origin.send(how == "empty" and stanza.reply(event.stanza) or
				stanza.error_reply(event.stanza, "wait", "internal-server-error"));
			return true;
		end
	end, 1000);
	END
	prosody_module=no_roster &&
	touch no-roster && restart_prosody && wait_for 30 offline_for "gives no roster: internal-server-error" &&
	echo empty >no-roster && wait_for 60 offline_for "gives no roster: there is none in its answer" &&
	rm no-roster && wait_for 60 broker_online alice
'

# dials_after <n>, gave_after <n>: more often than that.
dials_after () {
	test "$(grep -c -e "-> dialing" log/alice)" -gt "$1"
}

gave_after () {
	test "$(grep -c "a password was given" log/alice)" -gt "$1"
}

# set_up_again: only setup itself has the password.
set_up_again () {
	as alice git -c credential.helper= -c credential.helper="!echo password=$(cat alice/pw);:" \
		xmpp setup alice@localhost --server="localhost:$prosody_port" --ca-file="$TRASH/good.crt"
}

# with_silent_server <condition>...: setup runs while the server says nothing, until that is so.
with_silent_server () {
	set_up_again >out 2>err & setup=$!
	started $setup
	wait_for 15 "$@"
	silent_status=$?
	kill -CONT $prosody_pid
	wait $setup
	cat err
	return $silent_status
}

test_expect_success 'a password that is given while the old connection is being left is used when it is gone' '
	as alice git config --global --unset xmpp.localhost.passwordCommand &&
	dialled=$(grep -c -e "-> dialing" log/alice) && kill -STOP $prosody_pid &&
	with_silent_server dials_after $dialled && wait_for 20 broker_online alice && stop_broker alice
'

test_expect_success '... and one that is given while another is being tried, when that is refused' '
	as alice git config --global credential.helper "!echo password=wrong;:" &&
	dialled=$(grep -c -e "-> dialing" log/alice) && kill -STOP $prosody_pid && run_broker alice &&
	{ wait_for 15 dials_after $dialled; dialled=$?; } &&
	given=$(grep -c "a password was given" log/alice) &&
	with_silent_server gave_after $given && test $dialled -eq 0 &&
	wait_for 20 broker_online alice && stop_broker alice
'

end_process $other_server
umount /etc/resolv.conf
end_process $name_server
test_done

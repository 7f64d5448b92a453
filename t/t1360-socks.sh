#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The login through a SOCKS5 proxy: it looks up the names, and nothing goes past it.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

# proxy <option>...: its port is in $socks_port, what it was asked for in the file asked.
proxy () {
	rm -f asked
	"$BUILD/t/socks-server" "$@" "$server_port" >asked &
	socks=$!
	started $socks
	wait_for 5 test -s asked && socks_port=$(head -n 1 asked)
}

set_up () {
	local who

	who=$1
	shift
	as "$who" timeout 90 git xmpp setup "$who@localhost" --password-command="cat '$TRASH/$who/pw'" \
		--ca-file="$TRASH/prosody/localhost.crt" "$@" >out 2>err </dev/null
	set_up_status=$?
	cat out err
	return $set_up_status
}

# traced_broker: of alice; the file trace has each connection that it makes.
traced_broker () {
	env $(env_of alice) strace -f -qq -e trace=connect,sendto,sendmsg -o trace "$BUILD/git-xmpp-daemon" >log/traced 2>&1 </dev/null &
	traced=$!
	started $traced
}

test_expect_success 'the proxy is asked for the domain itself, and looks it up' '
	start_server alice bob && plain_user alice && setup_user bob && mkdir -p -m 700 alice/run && proxy &&
	set_up alice --proxy="socks5h://127.0.0.1:$socks_port" && cat asked && grep "^localhost:5222$" asked &&
	grep "^localhost: localhost:5222, certificate ok until .*, logged in$" out
'

test_expect_success 'or for the server that is configured, which only the proxy can find' '
	set_up alice --server=hidden.onion:5333 && grep "^hidden.onion:5333$" asked && grep "hidden.onion:5333, certificate ok" out
'

test_expect_success 'links go in-band only, though addresses were not forbidden otherwise' '
	as alice git config --global --unset xmpp.directAddresses && { as alice git xmpp daemon restart || :; } && start_broker bob &&
	wait_for 10 broker_online alice && as alice git xmpp status --json >out && cat out && grep "\"transport\":\"inband\"" out &&
	pair alice bob && "$TOP/t/tools/make-repo" bob/project.git 2 && as bob git xmpp share bob/project.git --name=p --fetch=buddies &&
	as alice git ls-remote xmpp::bob@localhost/p && as alice git xmpp status --json >out && cat out && grep "\"path\":\"in-band\"" out &&
	as alice git config --global xmpp.directAddresses true && { as alice git xmpp daemon restart || :; } &&
	wait_for 10 broker_online alice && as alice git xmpp status --json >out && grep "\"transport\":\"auto\"" out &&
	as alice git config --global xmpp.directAddresses false
'

test_expect_success 'command -v strace && ! sanitized' 'no socket of the broker goes anywhere but to the proxy' '
	as alice git config --global --unset xmpp.directAddresses && as alice git xmpp daemon stop && traced_broker &&
	wait_for 30 broker_online alice && as alice git ls-remote xmpp::bob@localhost/p &&
	as alice git xmpp daemon stop && wait_for 10 gone $traced &&
	grep "sa_family=AF_INET" trace | grep -v "sin_port=htons($socks_port), sin_addr=inet_addr(\"127.0.0.1\")" >leaks; cat leaks
	grep "sin_port=htons($socks_port)" trace && test_is_empty leaks
'

test_expect_success 'a user and a password, right and wrong' '
	end_process $socks && proxy "--user=me:se:cret" && { as alice git xmpp daemon restart || :; } &&
	test_expect_code 128 set_up alice --proxy="socks5h://127.0.0.1:$socks_port" && grep "proxy: the proxy wants a password" err &&
	test_expect_code 128 set_up alice --proxy="socks5h://me:wrong@127.0.0.1:$socks_port" && grep "the proxy refuses the password" err &&
	set_up alice --proxy="socks5h://me:se%3acret@127.0.0.1:$socks_port" && grep "^me hidden.onion:5333" asked
'

test_expect_success 'a proxy that is not there, or is none: nothing goes past it' '
	end_process $socks && { as alice git xmpp daemon restart || :; } && test_expect_code 128 set_up alice &&
	grep "^fatal: cannot reach XMPP server .localhost.: hidden.onion:5333: proxy: connection refused" err &&
	as alice git config --global xmpp.localhost.server "127.0.0.1:$server_port" &&
	as alice git config --global xmpp.localhost.proxy "socks5://127.0.0.1:$socks_port" &&
	test_expect_code 128 set_up alice && grep "proxy is not like socks5h:" err &&
	test_expect_code 129 set_up alice --proxy=socks5://127.0.0.1:9050
'

stop_other_brokers
stop_broker bob
test_done

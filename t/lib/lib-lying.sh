# SPDX-License-Identifier: GPL-3.0-or-later
#
# A server that lies. Sourced after lib-xmpp.sh.
#
#   second_server <user>...    another server, which says that it is the first one: whoever is at
#                              the one meets, under the names of those at the other, what is put there
#   device_at <home> <user> <port> <ca file>   a device of user@localhost at one of them
#   between                    anna and ben, who mean each other, at a server each: at anna's there is
#                              front under ben's address, at ben's there is back under anna's
#   odd_server <argument>...   t/tools/odd-server; its port is in $odd_port. One at a time

# Its files are below $TRASH/two; its port is $second_port, that of the first $first_port.
second_server () {
	local above status

	first_port=$server_port first_pid=$prosody_pid$ejabberd_pid
	above=$TRASH
	mkdir -p "$TRASH/two" && TRASH=$TRASH/two
	start_server "$@"
	status=$?
	TRASH=$above
	second_port=$server_port
	return $status
}

end_first_server () {
	test -z "$first_pid" || end_process "$first_pid"
}
at_exit end_first_server

device_at () {
	mkdir -p -m 700 "$1/run" && plain_user "$1" &&
	as "$1" git xmpp setup "$2@localhost" --server="127.0.0.1:$3" --ca-file="$4" \
		--password-command="echo $PASSWORD" --no-start
}

# With the first server running, for alice and bob.
between () {
	local ca other

	second_server alice bob || return
	ca=$TRASH/prosody/localhost.crt other=$TRASH/two/prosody/localhost.crt
	jid_anna=alice@localhost jid_front=bob@localhost jid_back=alice@localhost jid_ben=bob@localhost
	device_at anna alice "$first_port" "$ca" && device_at front bob "$first_port" "$ca" &&
	device_at back alice "$second_port" "$other" && device_at ben bob "$second_port" "$other" &&
	start_broker anna && start_broker front && start_broker back && start_broker ben
}

odd_server () {
	test -z "$odd_pid" || end_process "$odd_pid" KILL || :
	rm -f odd.port
	"$BUILD/t/odd-server" "$@" >odd.port &
	odd_pid=$!
	started $odd_pid
	wait_for 5 test -s odd.port && odd_port=$(cat odd.port)
}

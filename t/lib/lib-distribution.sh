# SPDX-License-Identifier: GPL-3.0-or-later
#
# Servers as their distribution configures them: the file that the package installs, all its limits
# on, with the few edits without which it could not run here. Sourced by lib-xmpp.sh, which takes
# it where CONFIG is distribution.
#
#   distribution_file <prosody|ejabberd>   what the package has installed
#   prosody_distribution   that file, for $prosody_host, with all that a script asked for in addition
#   ejabberd_distribution  the same, for $ejabberd_host
#   $subscribed_in         within so many seconds two who became buddies see each other
#   unthrottled            what a step needs that moves megabytes through the server
#
# The servers may be another Debian's: $SERVER_ROOT is its root directory, with this one's /tmp, /proc,
# /dev, source tree and build directory in it (t/servers mounts them); $in_server_root runs a command there.
#
# $server_address is where it listens, and $certificate, $private_key are ejabberd's, $certificates is
# Prosody's directory of them; lib-federation.sh has others than those of localhost.
#
# Other are the ports and addresses, the certificate, where it keeps its data and its log, and that it
# may run as root; no account is an administrator's, and accounts are made beforehand. What a script
# asks for (prosody_more, ejabberd_more, a proxy, a component) is added, as their owner would.

server_address=127.0.0.1
prosody_host=localhost
ejabberd_host=localhost

in_server_root=${SERVER_ROOT:+chroot $SERVER_ROOT}

# ejabberd drops what comes after five stanzas about subscriptions in a minute. That is asked for again
# after a minute, and after five.
subscribed_in=20
case "$CONFIG ${SERVER:-prosody}" in
'distribution ejabberd')
	subscribed_in=200 ;;
esac

unthrottled () {
	test "$CONFIG" != distribution
}

distribution_file () {
	case $1 in
	prosody)
		echo "$SERVER_ROOT/etc/prosody/prosody.cfg.lua" ;;
	ejabberd)
		echo "$SERVER_ROOT/etc/ejabberd/ejabberd.yml" ;;
	esac
}

prosody_distribution () {
	# Its folder of more hosts is empty.
	mkdir -p "$TRASH/prosody/conf.d" &&
	prosody_edits >"$TRASH/prosody/edits" && sed -f "$TRASH/prosody/edits" "$(distribution_file prosody)" || return
	prosody_components
}

# The global section ends at the first host.
prosody_edits () {
	local modules

	modules="${prosody_debug:+\"stanza_debug\"; }${prosody_module:+\"$prosody_module\"; }"
	cat <<-END
	s|^pidfile = .*|pidfile = "$TRASH/prosody/pid"|
	s|/var/log/prosody/prosody.log|$TRASH/log/prosody|
	s|/var/log/prosody/prosody.err|$TRASH/log/prosody-errors|
	/to = "syslog"/d
	s|^certificates = .*|certificates = "${certificates:-$TRASH/prosody}"|
	END
	test -z "$prosody_debug" || printf 's|^\\(.\\)info = |\\1debug = |\n'
	test -z "$modules" || printf 's|^modules_enabled = {|&\\\n%s|\n' "$modules"
	test -z "$modules" || printf 's|^plugin_paths = .*|plugin_paths = { %s }|\n' "$(prosody_plugin_paths)"
	printf '/^VirtualHost "localhost"/i\\\n'
	prosody_places | sed -e 's|\\|&&|g' -e '$!s|$|\\|'
	test $prosody_host = localhost || echo "s|^VirtualHost \"localhost\"|VirtualHost \"$prosody_host\"|"
}

# What is this run's own.
prosody_places () {
	printf 'data_path = "%s"\nrun_as_root = true\ninterfaces = { "%s" }\n' "$TRASH/prosody/data" $server_address
	printf 'c2s_ports = { %s }\ns2s_ports = { %s }\n' "$prosody_port" "$s2s_port"
	test -z "$direct_port" || printf 'c2s_direct_tls_ports = { %s }\n' "$direct_port"
	test -z "$component_port" || printf 'component_ports = { %s }\n' "$component_port"
	test "$prosody_proxy" != yes || printf 'proxy65_ports = { %s }\n' "$proxy_port"
	printf '%s\n' "$prosody_more"
}

ejabberd_distribution () {
	ejabberd_edits >"$TRASH/ejabberd/edits" &&
	sed -f "$TRASH/ejabberd/edits" "$(distribution_file ejabberd)" >"$TRASH/ejabberd/as-distributed" || return
	# A component and STUN are more listeners, before what follows them; modules stand at the end.
	ejabberd_listeners >"$TRASH/ejabberd/listeners"
	sed "/^listen:/r $TRASH/ejabberd/listeners" "$TRASH/ejabberd/as-distributed"
	ejabberd_modules | while IFS= read -r line
	do
		# It may be there.
		case $line in
		'  mod_'*': {}')
			grep -q "^${line%: *}:" "$TRASH/ejabberd/as-distributed" || printf '%s\n' "$line" ;;
		*)
			printf '%s\n' "$line" ;;
		esac
	done
}

ejabberd_edits () {
	local port

	cat <<-END
	s|^  - "/etc/ejabberd/ejabberd.pem"|  - "${private_key:-$TRASH/prosody/localhost.key}"\\
	  - "${certificate:-$TRASH/prosody/localhost.crt}"|
	s|^  - localhost\$|  - $ejabberd_host|
	s|^    ip: "::"|    ip: "$server_address"|
	s|^    port: 5222\$|    port: $server_port|
	s|^    port: 5223\$|    port: ${direct_port:-$("$BUILD/t/free-port")}|
	s|^    port: 5269\$|    port: $s2s_port|
	END
	for port in 5443 5280 3478 5478 1883
	do
		echo "s|^    port: $port\$|    port: $("$BUILD/t/free-port")|"
	done
}

# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two servers that know each other by DNS alone, Prosody for a.test and ejabberd for
# b.test, each in a network namespace of its own with the brokers of its users, and a
# router between them that is this script's own namespace. Sourced after lib-xmpp.sh by a
# script that begins with
#
#   . "$(dirname "$0")/lib/own-network.sh"
#
#   start_federation <user>@<a|b>...   both servers, with these accounts, and their users' homes. With
#                                      CONFIG=distribution both as lib-distribution.sh has them, limits on
#                                      ($lifted: but none of what ejabberd takes from its users)
#   federation_proxies <a|b>...        before a server starts: these have a proxy (XEP-0065)
#   server_down <a|b> [<signal>]       TERM: it says goodbye to everybody first
#   server_up <a|b>                    the same accounts; ejabberd keeps what it knew
#   sever <a|b> <drop|refuse>          what that side sends to the other one is lost, or answered with an error
#   mend                               nothing is severed any more
#   url_of <user> <share>
#   slow_push_begins <branch>          Alice's, of a megabyte and more from alice/work into bob/project.git;
#                                      slow enough for what is done to it, and some of it is there
#   at <a|b> <command>...              runs it in that namespace

# The router's two addresses end in .1, those of the servers in .2.
net_a=10.71.1
net_b=10.71.2

at () {
	local side

	side=$1
	shift
	$(eval "echo \$network_at_$side") "$@"
}

# hold <a|b>: its namespace, with a cable to the router.
hold () {
	local net holder

	eval "net=\$net_$1"
	unshare --net sleep 100000 </dev/null &
	holder=$!
	started $holder
	eval "network_at_$1='nsenter --net=/proc/$holder/ns/net --'"
	wait_for 5 in_other_network $holder &&
	ip link add "to-$1" type veth peer name eth0 netns $holder &&
	ip addr add "$net.1/24" dev "to-$1" && ip link set "to-$1" up &&
	at "$1" ip link set lo up &&
	at "$1" ip addr add "$net.2/24" dev eth0 &&
	at "$1" ip link set eth0 up &&
	at "$1" ip route add default via "$net.1"
}

in_other_network () {
	test "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)"
}

# The only server of names there is, and everybody's.
start_names () {
	local side net options

	options=
	for side in a b
	do
		eval "net=\$net_$side"
		options="$options --address=/$side.test/$net.2
			--srv-host=_xmpp-client._tcp.$side.test,$side.test,5222
			--srv-host=_xmpp-server._tcp.$side.test,$side.test,5269"
	done
	echo "nameserver $net_a.1" >"$TRASH/resolv.conf"
	printf '127.0.0.1 localhost\n' >"$TRASH/hosts"
	mount --bind "$TRASH/resolv.conf" "$(realpath /etc/resolv.conf)" &&
	mount --bind "$TRASH/hosts" "$(realpath /etc/hosts)" || return
	dnsmasq --keep-in-foreground --no-hosts --no-resolv --conf-file=/dev/null --pid-file= \
		--user="$(id -un)" --group="$(id -gn)" --bind-interfaces --listen-address="$net_a.1" $options \
		>"$TRASH/log/names" 2>&1 </dev/null &
	started $!
}

# make_authority, make_certificate_of <a|b>
make_authority () {
	mkdir -p "$TRASH/certs" &&
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=authority \
		-keyout "$TRASH/certs/ca.key" -out "$TRASH/certs/ca.crt" 2>>"$TRASH/log/openssl"
}

make_certificate_of () {
	local path

	path=$TRASH/certs/$1
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1.test" \
		-keyout "$path.key" -out "$path.csr" 2>>"$TRASH/log/openssl" &&
	echo "subjectAltName=DNS:$1.test" >"$path.ext" &&
	openssl x509 -req -in "$path.csr" -CA "$TRASH/certs/ca.crt" -CAkey "$TRASH/certs/ca.key" \
		-CAcreateserial -days 2 -extfile "$path.ext" -out "$path.crt" 2>>"$TRASH/log/openssl"
}

# trust_authority: everybody here takes its certificates, as those of the machine's own authorities.
trust_authority () {
	mkdir -p "$TRASH/certs/trusted" && cp "$TRASH/certs/ca.crt" "$TRASH/certs/trusted/ca-certificates.crt" &&
	cp "$TRASH/certs/ca.crt" "$TRASH/certs/trusted/$(openssl x509 -hash -noout -in "$TRASH/certs/ca.crt").0" &&
	mount --bind "$TRASH/certs/trusted" /etc/ssl/certs
}

federation_proxies () {
	local side

	prosody_proxy= ejabberd_proxy=
	for side
	do
		case $side in
		a) prosody_proxy=yes ;;
		b) ejabberd_proxy=yes ;;
		esac
	done
}
federation_proxies

proxy_of_a () {
	test -z "$prosody_proxy" || cat <<-END
	Component "proxy.a.test" "proxy65"
		proxy65_address = "$net_a.2"
		proxy65_acl = { "a.test", "b.test" }
	END
}

proxy_of_b () {
	test -z "$ejabberd_proxy" || cat <<-END
	  mod_proxy65:
	    host: proxy.b.test
	    hostname: "$net_b.2"
	    ip: "$net_b.2"
	    port: 7777
	END
}

write_configurations () {
	federated_prosody_${CONFIG:-unthrottled} >"$TRASH/prosody/config.lua" &&
	federated_ejabberd_${CONFIG:-unthrottled} >"$TRASH/ejabberd/config.yml"
}

federated_prosody_distribution () {
	mkdir -p "$TRASH/prosody/conf.d" && (
		prosody_port=5222 s2s_port=5269 proxy_port=5000 prosody_host=a.test server_address=$net_a.2
		certificates=$TRASH/certs
		prosody_edits >"$TRASH/prosody/edits"
	) && sed -f "$TRASH/prosody/edits" "$(distribution_file prosody)" && proxy_of_a
}

federated_ejabberd_distribution () {
	(
		server_port=5222 s2s_port=5269 direct_port=5223 ejabberd_host=b.test server_address=$net_b.2
		certificate=$TRASH/certs/b.crt private_key=$TRASH/certs/b.key
		ejabberd_edits
		test -z "$lifted" || echo "s|^    normal: all|    none: all|"
	) >"$TRASH/ejabberd/edits" && sed -f "$TRASH/ejabberd/edits" "$(distribution_file ejabberd)" &&
	proxy_of_b && echo "${ejabberd_pause:+s2s_max_retry_delay: $ejabberd_pause}"
}

federated_prosody_unthrottled () {
	cat <<-END
	data_path = "$TRASH/prosody/data"
	certificates = "$TRASH/prosody"
	pidfile = "$TRASH/prosody/pid"
	run_as_root = true
	log = { { levels = { min = "info" }, to = "file", filename = "$TRASH/log/prosody" } }
	interfaces = { "$net_a.2" }
	c2s_direct_tls_ports = { }
	modules_enabled = { "roster", "saslauth", "tls", "dialback", "disco", "ping", "smacks" }
	c2s_require_encryption = true
	s2s_require_encryption = true
	s2s_secure_auth = false
	authentication = "internal_hashed"
	storage = "internal"
	VirtualHost "a.test"
		ssl = { key = "$TRASH/certs/a.key", certificate = "$TRASH/certs/a.crt" }
	END
	proxy_of_a
}

# What is not said here is as it comes, the limit of subscriptions in a minute too. So is the
# longest pause between two attempts to reach another server, unless $ejabberd_pause says it in
# seconds: who was refused once waits for a time by chance, up to five minutes.
federated_ejabberd_unthrottled () {
	cat <<-END
	hosts: [b.test]
	loglevel: info
	certfiles: ["$TRASH/certs/b.key", "$TRASH/certs/b.crt"]
	auth_method: internal
	s2s_use_starttls: required
	${ejabberd_pause:+s2s_max_retry_delay: $ejabberd_pause}
	listen:
	  -
	    port: 5222
	    ip: "$net_b.2"
	    module: ejabberd_c2s
	    starttls_required: true
	    max_stanza_size: 262144
	  -
	    port: 5269
	    ip: "$net_b.2"
	    module: ejabberd_s2s_in
	modules:
	  mod_disco: {}
	  mod_ping: {}
	  mod_pres_counter: { count: 5, interval: 60 }
	  mod_roster: {}
	  mod_s2s_dialback: {}
	  mod_stream_mgmt: {}
	END
	proxy_of_b
}

server_up () {
	write_configurations && server_up_$1 && wait_for 100 "$1_serves"
}

server_up_a () {
	$network_at_a prosody -F --config "$TRASH/prosody/config.lua" >>"$TRASH/log/prosody-output" 2>&1 </dev/null &
	server_a=$!
	started $server_a
}

a_serves () {
	listens_on a 5222 && listens_on a 5269
}

server_up_b () {
	ejabberd_begin "$registrations" $network_at_b
	server_b=$!
	started $server_b
	registrations=
}

b_serves () {
	test -e "$TRASH/ejabberd/ready" && listens_on b 5269
}

listens_on () {
	test -n "$(at "$1" ss -Hltn "sport = :$2")"
}

server_down () {
	end_process "$(eval "echo \$server_$1")" "${2:-TERM}"
}

sever () {
	case $1 in
	a) set -- $net_a $net_b "$2" ;;
	b) set -- $net_b $net_a "$2" ;;
	esac
	case $3 in
	drop)
		ip rule add from "$1.2" to "$2.2" blackhole ;;
	refuse)
		ip rule add from "$1.2" to "$2.2" unreachable ;;
	esac
}

mend () {
	while ip rule del from "$net_a.2" to "$net_b.2" 2>/dev/null ||
		ip rule del from "$net_b.2" to "$net_a.2" 2>/dev/null
	do
		:
	done
}

start_federation () {
	local account user

	mkdir -p "$TRASH/prosody/data/a%2etest/accounts" "$TRASH/ejabberd" "$TRASH/log" &&
	make_authority && make_certificate_of a && make_certificate_of b && trust_authority &&
	ip link set lo up && echo 1 >/proc/sys/net/ipv4/ip_forward &&
	hold a && hold b && start_names || return
	at_exit stop_other_brokers
	registrations=
	for account
	do
		user=${account%@*}
		make_homes "$user" || return
		case $account in
		*@a)
			echo "return { [\"password\"] = \"$PASSWORD\" };" \
				>"$TRASH/prosody/data/a%2etest/accounts/$user.dat" ;;
		*@b)
			registrations="$registrations
				ok = ejabberd_auth:try_register(<<\"$user\">>, <<\"b.test\">>, <<\"$PASSWORD\">>)," ;;
		esac
		eval "network_$user=\$network_at_${account#*@} jid_$user=$account.test"
	done
	server_up a && server_up b || return
	for account
	do
		federated_user "${account%@*}" || return
	done
}

federated_user () {
	plain_user "$1" &&
	as "$1" git xmpp setup "$(jid_of "$1")" --ca-file="$TRASH/certs/ca.crt" \
		--password-command="cat $TRASH/$1/pw" --no-start
}

url_of () {
	echo "xmpp::$(jid_of "$1")/$2"
}

slow_push_begins () {
	size_before=$(du -sk bob/project.git/objects | cut -f 1)
	(cd alice/work && head -c 1500000 /dev/urandom >"big-$1" && git add . && git commit -q -m "$1") &&
	as alice git config --global xmpp.bandwidth 100k &&
	reload alice &&
	background alice git -C alice/work push -q origin "HEAD:$1" 2>err &&
	wait_for 30 more_has_come
}

# A beginning is there before; this is more.
more_has_come () {
	test "$(du -sk bob/project.git/objects | cut -f 1)" -gt "$((size_before + 200))"
}

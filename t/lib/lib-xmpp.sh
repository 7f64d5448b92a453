# SPDX-License-Identifier: GPL-3.0-or-later
#
# Users, their brokers, and a real XMPP server on 127.0.0.1. Sourced after
# lib-sandbox.sh, by test-lib.sh's scripts and by demo.
#
# Each user has a home $TRASH/<user> with everything below it, and an account
# <user>@localhost; so several brokers run side by side as one Unix user.
#
#   start_prosody <user>...     stop_prosody    restart_prosody
#   start_ejabberd <user>...    stop_ejabberd   (instead of Prosody)
#   start_server <user>...      stop_server     whichever $SERVER names; Prosody if it is not set
#   server_address              where that listens for clients, and its proxy: 127.0.0.1, if it is not set
#   server_again                restart_server  on the same port, with the same accounts
#   contacts <user> <jid>...    ordinary chat contacts of that user, both ways; before the server starts
#   direct_tls                  the server has a port for direct TLS, $direct_port; before it starts
#   evil_server                 a component at $component_port speaks for any JID; before the server starts
#   as <user> <command>...      setup_user <user>
#   start_broker <user>         stop_broker <user>   kill_broker <user>
#   pair <user> <user>          broker_pid <user>    broker_fds <user>
#   chat_login <user>           chat_send <user> <stanza>   (an ordinary client)

PASSWORD=correct-horse
EVIL=evil.localhost

have_server () {
	have_${SERVER:-prosody}
}

start_server () {
	start_${SERVER:-prosody} "$@"
}

stop_server () {
	stop_${SERVER:-prosody} "$@"
}

server_again () {
	${SERVER:-prosody}_run "$server_port"
}

# restart_server [<signal>]: whoever was connected is not any more.
restart_server () {
	stop_server "$@"
	server_again
}

contacts () {
	local user

	user=$1
	shift
	mkdir -p "$TRASH/contacts" && printf '%s\n' "$@" >"$TRASH/contacts/$user"
}

# Another server, or one that lies: it may say that a stanza is from whom it likes.
evil_server () {
	component_port=$("$BUILD/t/free-port")
}

# A port with TLS from the first byte (XEP-0368), beside the other one.
direct_tls () {
	direct_port=$("$BUILD/t/free-port")
}

have_prosody () {
	$in_server_root sh -c 'command -v prosody' >/dev/null && command -v openssl >/dev/null
}

# The server: encrypted client connections on one port of its address, a proxy for
# bytestreams (XEP-0065) on another, nothing else. prosody_limits in the environment puts the
# rate limits of a public server on; prosody_proxy=yes adds the proxy, prosody_debug
# has every stanza in its log, prosody_blocklist has it block (XEP-0191), prosody_module is one of
# those in t/lib or in prosody-modules; prosody_more is added as it is. With CONFIG=distribution it is
# what lib-distribution.sh says. By default Lua looks for garbage all the time, which is half of what
# this server computes.
prosody_config () {
	prosody_${CONFIG:-unthrottled}
}

prosody_unthrottled () {
	local component limits modules

	component=
	test -z "$component_port" ||
	component="component_ports = { $component_port }; component_interfaces = { \"127.0.0.1\" }"
	modules='"roster", "saslauth", "tls", "disco", "ping", "smacks"'
	limits=
	if test -n "$prosody_limits"
	then
		modules="$modules, \"limits\""
		limits="limits = { c2s = { rate = \"$prosody_limits\" } }"
	fi
	modules="$modules${prosody_debug:+, \"stanza_debug\"}${prosody_blocklist:+, \"blocklist\"}"
	modules="$modules${prosody_module:+, \"$prosody_module\"}"
	cat <<-END
	data_path = "$TRASH/prosody/data"
	certificates = "$TRASH/prosody"
	pidfile = "$TRASH/prosody/pid"
	gc = { threshold = 400 }
	run_as_root = true
	log = { { levels = { min = "${prosody_debug:-info}" }, to = "file", filename = "$TRASH/log/prosody" } }
	interfaces = { "${server_address:-127.0.0.1}" }
	c2s_ports = { $prosody_port }
	c2s_direct_tls_ports = { $direct_port }
	c2s_direct_tls_ssl = { key = "$TRASH/prosody/localhost.key", certificate = "$TRASH/prosody/localhost.crt" }
	s2s_ports = { }
	$component
	proxy65_ports = { $proxy_port }
	proxy65_interfaces = { "${server_address:-127.0.0.1}" }
	plugin_paths = { $(prosody_plugin_paths) }
	modules_enabled = { $modules }
	modules_disabled = { "s2s", "offline" }
	$limits
	c2s_require_encryption = true
	authentication = "internal_hashed"
	storage = "internal"
	$prosody_more
	VirtualHost "localhost"
		ssl = { key = "$TRASH/prosody/localhost.key", certificate = "$TRASH/prosody/localhost.crt" }
	END
	prosody_components
}

prosody_plugin_paths () {
	printf '"%s", "%s"' "$TOP/t/lib" "$TRASH/prosody-modules"
}

prosody_components () {
	test "$prosody_proxy" != yes || cat <<-END
	Component "proxy.localhost" "proxy65"
		proxy65_address = "${server_address:-127.0.0.1}"
	END
	test -z "$component_port" || cat <<-END
	Component "$EVIL"
		component_secret = "$PASSWORD"
		validate_from_addresses = false
	END
}

# prosody_file <user>: what a file of Prosody's about them is called.
prosody_file () {
	local byte

	for byte in $(printf %s "$1" | od -An -v -tx1)
	do
		case $byte in
		3[0-9] | 4[1-9a-f] | 5[0-9a] | 6[1-9a-f] | 7[0-9a])
			printf "\\$(printf %o 0x$byte)" ;;
		*)
			printf %%$byte ;;
		esac
	done
	echo .dat
}

# The contacts of a user, from standard input, as Prosody keeps them.
prosody_roster () {
	echo 'return { [false] = { ["version"] = 1 };'
	sed 's/.*/["&"] = { ["subscription"] = "both", ["groups"] = {} };/'
	echo '};'
}

# make_certificate: of localhost, for whichever server.
make_certificate () {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
		-days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
		-keyout "$TRASH/prosody/localhost.key" -out "$TRASH/prosody/localhost.crt" \
		2>"$TRASH/log/openssl"
}

# make_homes <user>...
make_homes () {
	local user

	for user
	do
		mkdir -p -m 700 "$TRASH/$user/run" || return
		echo "$PASSWORD" >"$TRASH/$user/pw"
	done
}

# start_prosody <user>...: with an account for each.
start_prosody () {
	local user

	mkdir -p "$TRASH/prosody/data/localhost/accounts" "$TRASH/log" || return
	make_certificate && make_homes "$@" || return
	for user
	do
		echo "return { [\"password\"] = \"$PASSWORD\" };" \
			>"$TRASH/prosody/data/localhost/accounts/$(prosody_file "$user")"
	done
	mkdir -p "$TRASH/prosody/data/localhost/roster" || return
	for user in $(ls "$TRASH/contacts" 2>/dev/null)
	do
		prosody_roster <"$TRASH/contacts/$user" \
			>"$TRASH/prosody/data/localhost/roster/$(prosody_file "$user")"
	done
	at_exit stop_prosody
	at_exit stop_other_brokers
	# Somebody else may have taken the port in the meantime.
	prosody_run "" || prosody_run "" || prosody_run ""
}

# prosody_run <port>: on new ports if it is empty.
prosody_run () {
	prosody_port=${1:-$("$BUILD/t/free-port")}
	server_port=$prosody_port
	test -n "$1" || proxy_port=$("$BUILD/t/free-port") s2s_port=$("$BUILD/t/free-port")
	prosody_config >"$TRASH/prosody/config.lua"
	: >"$TRASH/log/prosody"
	$in_server_root prosody -F --config "$TRASH/prosody/config.lua" >>"$TRASH/log/prosody-output" 2>&1 </dev/null &
	prosody_pid=$!
	started $prosody_pid
	wait_for 30 prosody_decided || return
	prosody_listens c2s "$prosody_port" &&
	{ test "$prosody_proxy" != yes || prosody_listens proxy65 "$proxy_port"; } && return
	stop_prosody
	return 1
}

# It has opened its ports, or failed to.
prosody_decided () {
	gone "$prosody_pid" ||
	{ grep -q "service 'c2s'" "$TRASH/log/prosody" &&
	  { test "$prosody_proxy" != yes || grep -q "service 'proxy65'" "$TRASH/log/prosody"; }; }
}

# prosody_listens <service> <port>
prosody_listens () {
	grep -q "Activated service '$1' on .*\[${server_address:-127.0.0.1}\]:$2" "$TRASH/log/prosody"
}

stop_prosody () {
	test -z "$prosody_pid" && return
	# It says goodbye to every client and waits for them; a dead server does not.
	end_process "$prosody_pid" "${1:-TERM}"
	prosody_pid=
}

restart_prosody () {
	stop_prosody "$@"
	prosody_run "$prosody_port"
}

# Where ejabberd is. Its own script, which knows, would run it as another user, and
# leave a name server of Erlang's behind.
ejabberd_libs () {
	sed -n "s/^ERL_LIBS='\(.*\)'/\1/p" "$SERVER_ROOT$(PATH=$PATH:/usr/sbin
		$in_server_root sh -c 'command -v ejabberdctl')" 2>/dev/null
}

have_ejabberd () {
	test -n "$(ejabberd_libs)" && $in_server_root sh -c 'command -v erl' >/dev/null && command -v openssl >/dev/null
}

# As Prosody above. ejabberd_limits=yes puts the rate limits on that it comes with. ejabberd_stun is a
# port at which it answers STUN by TCP, and which it announces.
ejabberd_config () {
	ejabberd_${CONFIG:-unthrottled}
}

ejabberd_unthrottled () {
	cat <<-END
	hosts: [localhost]
	loglevel: info
	certfiles: ["$TRASH/prosody/localhost.key", "$TRASH/prosody/localhost.crt"]
	auth_method: internal
	registration_timeout: infinity
	shaper:
	  slow: { rate: 3000, burst_size: 20000 }
	  fast: { rate: 100000000, burst_size: 100000000 }
	shaper_rules:
	  clients: $(test -n "$ejabberd_limits" && echo slow || echo fast)
	listen:
	  -
	    port: $server_port
	    ip: "${server_address:-127.0.0.1}"
	    module: ejabberd_c2s
	    starttls_required: true
	    max_stanza_size: 262144
	    shaper: clients
	END
	test -z "$direct_port" || cat <<-END
	  -
	    port: $direct_port
	    ip: "127.0.0.1"
	    module: ejabberd_c2s
	    tls: true
	    max_stanza_size: 262144
	    shaper: clients
	END
	ejabberd_listeners
	cat <<-END
	modules:
	  mod_admin_extra: {}
	  mod_blocking: {}
	  mod_disco: {}
	  mod_ping: {}
	  mod_privacy: {}
	  mod_roster: {}
	  mod_stream_mgmt: {}
	END
	ejabberd_modules
}

# What some scripts ask for.
ejabberd_listeners () {
	test -z "$ejabberd_stun" || cat <<-END
	  -
	    port: $ejabberd_stun
	    ip: "127.0.0.1"
	    transport: tcp
	    module: ejabberd_stun
	END
	test -z "$component_port" || cat <<-END
	  -
	    port: $component_port
	    ip: "127.0.0.1"
	    module: ejabberd_service
	    check_from: false
	    shaper_rule: fast
	    hosts:
	      $EVIL:
	        password: "$PASSWORD"
	END
}

ejabberd_modules () {
	# Where it takes the place of Prosody, it has a proxy only if that would have one.
	test "$SERVER" = ejabberd && test "$prosody_proxy" != yes || cat <<-END
	  mod_proxy65:
	    host: proxy.localhost
	    hostname: "${server_address:-127.0.0.1}"
	    ip: "${server_address:-127.0.0.1}"
	    port: $proxy_port
	END
	test -z "$ejabberd_counter" || echo "  mod_pres_counter: {}"
	test -z "$ejabberd_more" || echo "$ejabberd_more"
	test -z "$ejabberd_stun" || cat <<-END
	  mod_stun_disco:
	    access: all
	    offer_local_services: false
	    services:
	      -
	        host: "127.0.0.1"
	        port: $ejabberd_stun
	        type: stun
	        transport: tcp
	        restricted: false
	END
}

# start_ejabberd <user>...: with an account for each.
start_ejabberd () {
	mkdir -p "$TRASH/prosody" "$TRASH/log" || return
	make_certificate && make_homes "$@" || return
	at_exit stop_ejabberd
	at_exit stop_other_brokers
	# Somebody else may have taken a port in the meantime.
	ejabberd_run '' "$@" || ejabberd_run '' "$@" || ejabberd_run '' "$@"
}

# ejabberd_roster <user>: the contacts in standard input, in Erlang.
ejabberd_roster () {
	sed "s/\(.*\)@\(.*\)/ok = mod_admin_extra:add_rosteritem(<<\"$1\">>, <<\"localhost\">>, <<\"\1\">>, <<\"\2\">>, \
<<>>, <<>>, <<\"both\">>),/"
}

# ejabberd_new <user>...: new ports, no data; $register makes the accounts.
ejabberd_new () {
	local user

	server_port=$("$BUILD/t/free-port")
	proxy_port=$("$BUILD/t/free-port") s2s_port=$("$BUILD/t/free-port")
	rm -rf "$TRASH/ejabberd"
	mkdir "$TRASH/ejabberd" || return
	ejabberd_config >"$TRASH/ejabberd/config.yml"
	for user
	do
		register="$register ok = ejabberd_auth:try_register(<<\"$user\">>, <<\"localhost\">>, <<\"$PASSWORD\">>),"
	done
	for user in $(ls "$TRASH/contacts" 2>/dev/null)
	do
		register="$register $(ejabberd_roster "$user" <"$TRASH/contacts/$user")"
	done
}

# ejabberd_begin <what it does once, in Erlang> [<command that runs it>...]: in the background, as
# $!. The file "ready" says that it has come so far. What it starts last compares each file of its
# own and of its libraries with what a list has. That would be a third of what it computes in a
# test, so it is ended.
ejabberd_begin () {
	local once

	once=$1
	shift
	rm -f "$TRASH/ejabberd/ready"
	"$@" env EJABBERD_CONFIG_PATH="$TRASH/ejabberd/config.yml" EJABBERD_LOG_PATH="$TRASH/ejabberd/log" \
		ERL_CRASH_DUMP="$TRASH/ejabberd/crash" ERL_LIBS="$(ejabberd_libs)" \
		erl -noinput -mnesia dir "\"$TRASH/ejabberd/spool\"" -s ejabberd \
		-eval "{ok, _} = application:ensure_all_started(ejabberd),
			$once ok = file:write_file(\"$TRASH/ejabberd/ready\", \"\"),
			[exit(P, kill) || P <- processes(),
				{_, Stack} <- [process_info(P, current_stacktrace)],
				{Module, Function, _, _} <- Stack, lists:prefix(\"ejabberd-check_app\",
					atom_to_list(Module) ++ atom_to_list(Function))]." \
		>>"$TRASH/log/ejabberd" 2>&1 </dev/null &
}

# ejabberd_run <port> <user>...: with new ports and accounts if the port is empty, else with
# what it had. It ends by itself if it does not get a port.
ejabberd_run () {
	local again register

	again=$1
	shift
	register=
	test -n "$again" || ejabberd_new "$@" || return
	ejabberd_begin "$register" $in_server_root
	ejabberd_pid=$!
	started $ejabberd_pid
	wait_for 100 ejabberd_decided && test -e "$TRASH/ejabberd/ready" && return
	stop_ejabberd
	return 1
}

ejabberd_decided () {
	gone "$ejabberd_pid" || test -e "$TRASH/ejabberd/ready"
}

stop_ejabberd () {
	test -z "$ejabberd_pid" && return
	end_process "$ejabberd_pid" "${1:-TERM}"
	ejabberd_pid=
}

# build_of <user>: where their programs are; $BUILD, if nobody set another one.
build_of () {
	name_variable build "$1"
	eval "echo \"\${$variable:-\$BUILD}\""
}

# set_environment <user>: $environment is what makes a program <user>'s.
set_environment () {
	environment="HOME=$TRASH/$1 XDG_RUNTIME_DIR=$TRASH/$1/run XDG_CONFIG_HOME=$TRASH/$1/.config
		XDG_STATE_HOME=$TRASH/$1/.state XDG_DATA_HOME=$TRASH/$1/.data"
	name_variable build "$1"
	eval "test -z \"\$$variable\"" || environment="PATH=$(build_of "$1"):$PATH $environment"
}

# env_of <user>: the same, for env(1).
env_of () {
	set_environment "$1"
	echo $environment
}

# name_variable <what> <user>: $variable names what is kept of that user, who need not be called like a variable.
name_variable () {
	variable=$1_$2
	case $2 in
	*[!a-zA-Z0-9_]*)
		variable=$1_$(printf %s "$2" | od -An -tx1 | tr -d ' \n') ;;
	esac
}

# jid_of <user>
jid_of () {
	name_variable jid "$1"
	eval "echo \"\${$variable:-\$1@localhost}\""
}

# network_of <user>: what has a program run in that user's network; nothing, if it is the script's own.
network_of () {
	name_variable network "$1"
	eval "echo \$$variable"
}

# as <user> [VAR=value...] <command>... Scripts do this thousands of times, so that it is one fork.
as () (
	set_environment "$1"
	export $environment
	name_variable network "$1"
	eval "network=\$$variable"
	shift
	case "$1 ${2:-}" in
	'git xmpp')
		# What git finds in PATH, and runs; one process less, ten thousand times.
		shift 2
		set -- git-xmpp "$@" ;;
	[A-Z]*=*)
		set -- env "$@" ;;
	esac
	exec $network "$@"
)

# journal <user> [<option>...]: the events of the log, a line for each: when, with whom and which
# share, the kind, what, the result, the text; two blanks between.
journal () {
	local who

	who=$1
	shift
	as "$who" git xmpp log --porcelain "$@" | awk -F"\t" '{
		line = $1 "  " $3 ($4 == "-" ? "" : "/" $4)
		n = split("2 5 6 11", column, " ")
		for (i = 1; i <= n; i++)
			if ($column[i] != "-")
				line = line "  " $column[i]
		print line
	}'
}

# journal_has <user> <pattern>: there is such a line. For wait_for, because who serves writes it when
# their process of git has gone, and that may be after all who take part have ended.
journal_has () {
	journal "$1" | grep -e "$2"
}

# plain_user <user>: the configuration a person would have. The addresses of this machine are not the
# tests' business: those of a script that is run with PATHS=direct may be dialled on loopback, others
# by nobody. No process of git's looks after each push and commit whether there is something to pack.
plain_user () {
	cat >"$TRASH/$1/.gitconfig" <<-END &&
	[init]
		defaultBranch = main
	[user]
		name = $1
		email = $1@example.com
	[gc]
		auto = 0
	[maintenance]
		auto = false
	[xmpp]
		directAddresses = false
	END
	# The address sanitizer reserves terabytes, also in our programs below a git that is bounded.
	{ ! sanitized || as "$1" git config --global xmpp.receiveMemory 0; } &&
	{ test "$PATHS" != direct || direct_user "$1"; }
}

# server_name: host and port, as the users configure them.
server_name () {
	case $server_address in
	*:*)
		echo "[$server_address]:$server_port" ;;
	*)
		echo "${server_address:-127.0.0.1}:$server_port" ;;
	esac
}

# setup_user <user>: and the account, which is that of $jid_<user> where a person has several devices.
setup_user () {
	plain_user "$1" &&
	as "$1" git xmpp setup "$(jid_of "$1")" --server="$(server_name)" \
		--ca-file="$TRASH/prosody/localhost.crt" \
		--password-command="cat '$TRASH/$1/pw'" --no-start
}

# run_broker <user> [VAR=value...]: in the foreground of a background job, as a supervisor would.
# With every_line=yes it leaves no line out of its log, which otherwise has no more than so many
# about one party: for scripts that look for lines, or count them.
run_broker () {
	local user tool

	user=$1
	shift
	tool=
	if test -n "$VALGRIND"
	then
		tool="valgrind -q --suppressions=$TOP/t/lib/valgrind.supp --leak-check=full --track-fds=yes --trace-children=no
			--child-silent-after-fork=yes --log-file=$TRASH/valgrind.$user.%p"
	fi
	mkdir -p -m 700 "$TRASH/$user/run" "$TRASH/log"
	$(network_of "$user") env $(env_of "$user") ${every_line:+GIT_XMPP_TRACE=1} "$@" $tool \
		"$(build_of "$user")/git-xmpp-daemon" \
		>>"$TRASH/log/$user" 2>&1 </dev/null &
	name_variable broker "$user"
	eval "$variable=$!"
	started $!
}

# start_broker <user> [VAR=value...]: and waits until it is online. Mostly that is a moment, in which one
# process asks often.
start_broker () {
	run_broker "$@" &&
	{ as "$1" git xmpp status --wait=3 >/dev/null 2>&1 ||
	  { wait_for 60 broker_online_or_gone "$1" && broker_online "$1"; }; }
}

# broker_online <user>: it says so itself.
broker_online () {
	as "$1" git xmpp status >/dev/null 2>&1
}

broker_online_or_gone () {
	broker_online "$1" || gone "$(broker_pid "$1")"
}

# broker_pid <user>: the one started last by this script.
broker_pid () {
	name_variable broker "$1"
	eval "echo \$$variable"
}

# stop_broker <user>: asks it to end, and once more if it waits for a transfer; true if it does,
# with exit status 0.
stop_broker () {
	kill -TERM "$(broker_pid "$1")" 2>/dev/null && wait_for 1 gone "$(broker_pid "$1")" >/dev/null
	end_process "$(broker_pid "$1")" || return
	test "$ended_status" -eq 0 && return
	echo "broker of $1 ended with status $ended_status"
	return 1
}

# Those that a command of git started; only they know when to end.
stop_other_brokers () {
	local pid

	for pid in $(sandbox_processes)
	do
		if is_called "$pid" git-xmpp-daemon
		then
			kill -TERM "$pid"
			wait_for 10 gone "$pid"
		fi
	done
}

kill_broker () {
	end_process "$(broker_pid "$1")" KILL
}

# patience <user> <seconds>: how long its links wait for a path, as they do for a broker that was killed.
patience () {
	as "$1" git config --global xmpp.pathTimeout "$2" && kill -HUP "$(broker_pid "$1")"
}

# broker_fds <user>: how many descriptors it holds.
broker_fds () {
	ls "/proc/$(broker_pid "$1")/fd" | wc -l
}

# resident <user>: the memory of that broker, in kB.
resident () {
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(broker_pid "$1")/status"
}

# anonymous <user>: the part of it that is neither program nor library, in kB.
anonymous () {
	sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(broker_pid "$1")/status"
}

# switches <pid>: how often its threads have gone to sleep. Each wake-up makes it one more.
switches () {
	cat "/proc/$1/task"/*/status |
	awk '/^voluntary_ctxt_switches:/ { n += $2 } END { print n }'
}

# at_rest <pid> <seconds>: it has not woken up once for so long. For wait_for, which asks
# often; a new process id, or a wake-up, begins anew.
at_rest () {
	local now state

	now=$(date +%s)
	state="$1 $(switches "$1")"
	if test "$state" != "$rest_state"
	then
		rest_state=$state
		rest_since=$now
	fi
	test $((now - rest_since)) -gt "$2"
}

# Under the address sanitizer, memory that was freed is kept for a while.
sanitized () {
	grep -q __asan_init "$BUILD/git-xmpp-daemon"
}

# fds_are <user> <number>: for wait_for.
fds_are () {
	test "$(broker_fds "$1")" -eq "$2"
}

# watches <user>: the broker has begun to watch the refs of its shares.
watches () {
	ls -l "/proc/$(broker_pid "$1")/fd" | grep -q inotify
}

# idles <user>: nobody talks to the broker, and it runs no git. It may do so of its own accord,
# when it looks what became of a push for instance.
idles () {
	local pid

	pid=$(broker_pid "$1")
	! pgrep -P "$pid" >/dev/null &&
	! grep -q " 03 [0-9]* $TRASH/$1/run/git-xmpp/socket$" "/proc/$pid/net/unix"
}

# descriptors_as_before: every broker named in $fds_before ("alice=12 bob=11")
# has come back to what it had.
remember_descriptors () {
	local user

	fds_before=
	for user
	do
		# A broker watches its shares through one descriptor, there from the first share on.
		git init -q --bare "$TRASH/$user/watched.git" &&
		as "$user" git xmpp share "$TRASH/$user/watched.git" --name=watched >/dev/null &&
		wait_for 5 watches "$user"
		wait_for 10 idles "$user"
		fds_before="$fds_before $user=$(broker_fds "$user")"
	done
}

descriptors_as_before () {
	local pair

	for pair in $fds_before
	do
		wait_for 10 fds_are "${pair%=*}" "${pair#*=}" && continue
		echo "${pair%=*} had ${pair#*=} descriptors, now:"
		ls -l "/proc/$(broker_pid "${pair%=*}")/fd"
		return 1
	done
}

# buddy_line <user> <buddy>: what is said of them; nothing, if they are not known.
buddy_line () {
	as "$1" git xmpp buddies --porcelain | buddy=$(jid_of "$2") awk -F "\t" '$1 == ENVIRON["buddy"]'
}

# trusts <user> <buddy>: and the buddy's device is online.
trusts () {
	buddy_line "$1" "$2" | grep -q "	git	.*	\(seen\|verified\)	"
}

# knows <user> <buddy>: as a buddy, or as somebody who asks to be one.
knows () {
	test -n "$(buddy_line "$1" "$2")"
}

# subscribed <user> <buddy> <subscription>: as their roster has it.
subscribed () {
	buddy_line "$1" "$2" | cut -f 3 | grep -x "$3"
}

# pair <a> <b>: a asks, b accepts, both know the other's device.
pair () {
	as "$1" git xmpp add "$(jid_of "$2")" &&
	wait_for $subscribed_in knows "$2" "$1" &&
	as "$2" git xmpp accept "$(jid_of "$1")" &&
	wait_for $subscribed_in trusts "$1" "$2" &&
	wait_for $subscribed_in trusts "$2" "$1"
}

# background <user> <command...>: starts it; $job is its process id.
background () {
	local who

	who=$1
	shift
	$(network_of "$who") env $(env_of "$who") "$@" &
	job=$!
	started $job
}

# job_ends <seconds> <status>: the job in the background ends so.
job_ends () {
	wait_for "$1" gone "$job" && test_expect_code "$2" wait "$job"
}

# service_pids: git's service processes that brokers of this script run.
service_pids () {
	local pid line

	for pid in $(sandbox_processes)
	do
		# The shell drops the zero bytes between the arguments.
		line=
		read -r line 2>/dev/null <"/proc/$pid/cmdline"
		case $line in
		*upload-archive--writer*) ;;
		*upload-pack* | *receive-pack* | *upload-archive*)
			echo "$pid" ;;
		esac
	done
}

services_run () {
	test -n "$(service_pids)"
}

no_services () {
	test -z "$(service_pids)"
}

# helpers: the pids of git-remote-xmpp that this script's users run.
helpers () {
	local pid

	for pid in $(sandbox_processes)
	do
		! is_called "$pid" git-remote-xmpp || echo "$pid"
	done
}

no_helpers () {
	test -z "$(helpers)"
}

# brokers_of <user>: the pids of all that run, whoever started them.
brokers_of () {
	local pid

	for pid in $(sandbox_processes)
	do
		if is_called "$pid" git-xmpp-daemon &&
			tr '\0' '\n' <"/proc/$pid/environ" | grep -qx "HOME=$TRASH/$1"
		then
			echo "$pid"
		fi
	done
}

no_broker_of () {
	test -z "$(brokers_of "$1")"
}

# one_broker <user>: for wait_for; one that found the place taken may still be about to end.
one_broker () {
	test "$(brokers_of "$1" | wc -l)" -eq 1
}

# An ordinary XMPP client, without git: logs in, is available, and says what
# it is told by chat_send. One at a time.
chat_login () {
	local stream

	stream="<stream:stream to='localhost' version='1.0' xmlns='jabber:client'
		xmlns:stream='http://etherx.jabber.org/streams'>"
	rm -f "$TRASH/chat.in"
	mkfifo "$TRASH/chat.in" || return
	openssl s_client -starttls xmpp -xmpphost localhost -quiet \
		-connect "127.0.0.1:$server_port" -CAfile "$TRASH/prosody/localhost.crt" \
		<"$TRASH/chat.in" >"$TRASH/log/chat" 2>"$TRASH/log/chat-errors" &
	chat_pid=$!
	started $chat_pid
	exec 7>"$TRASH/chat.in"
	chat_send "$stream"
	wait_for 5 grep -q PLAIN "$TRASH/log/chat" &&
	chat_send "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>$(
		printf '\0%s\0%s' "$1" "$PASSWORD" | openssl base64 -A)</auth>" &&
	wait_for 5 grep -q '<success' "$TRASH/log/chat" &&
	chat_send "$stream" &&
	wait_for 5 grep -q xmpp-bind "$TRASH/log/chat" &&
	chat_send "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>
		<resource>phone</resource></bind></iq>" &&
	wait_for 5 grep -q '/phone</jid>' "$TRASH/log/chat" &&
	chat_send "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>" &&
	chat_send "<presence/>"
}

chat_send () {
	printf '%s\n' "$1" >&7
}

chat_logout () {
	exec 7>&-
	end_process "$chat_pid"
}

. "$TOP/t/lib/lib-distribution.sh"
. "$TOP/t/lib/lib-paths.sh"

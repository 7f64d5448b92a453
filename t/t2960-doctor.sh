#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# git xmpp doctor: each fault is planted alone, found, explained, and gone when the command that
# is printed was typed as it stands. And nothing of anybody is in what may be posted.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

# Whoever types: looks, types the command of the finding, and looks again.
cat >"$TRASH/heal" <<'END'
${doctor:-git xmpp doctor} --porcelain >"$TRASH/before"
echo $? >"$TRASH/status"
awk -F "\t" -v id="$1" '$1 == "findings" && $2 == id' "$TRASH/before" >"$TRASH/finding"
command=$(cut -f6 "$TRASH/finding")
echo "$command"
eval "$command" || exit
${doctor:-git xmpp doctor} --porcelain >"$TRASH/after"
test $? -le 1
END
export TRASH
SQ="'"

# heals <id> <pattern> [VAR=value...]: alice, here. Its text is as the pattern.
heals () {
	local id pattern

	id=$1 pattern=$2
	shift 2
	as alice GIT_ASKPASS="$TRASH/askpass" "$@" sh "$TRASH/heal" "$id" && cat "$TRASH/finding" &&
	test_line_count -eq 1 "$TRASH/finding" && cut -f5 "$TRASH/finding" | grep "$pattern" &&
	test "$(cat "$TRASH/status")" -eq 1 &&
	! grep "^findings	$id	" "$TRASH/after"
}

# is_well: for alice, there is nothing to do.
is_well () {
	as alice git xmpp doctor
}

config () {
	as alice git config --global "$@"
}

afresh () {
	cp "$TRASH/good" alice/.gitconfig
}

# stop: alice's broker, whoever started it.
stop () {
	as alice git xmpp daemon stop --now >/dev/null 2>&1
	wait_for 10 no_broker_of alice
}

# again: with the configuration as it is.
again () {
	stop && run_broker alice
}

online () {
	wait_for 20 broker_online alice
}

# dated <until>: the server's certificate, of the same key.
dated () {
	rm -rf authority && mkdir -p authority && : >authority/index && echo 01 >authority/serial &&
	cat >authority/config <<-END &&
	[ca]
	default_ca = own
	[own]
	database = authority/index
	serial = authority/serial
	new_certs_dir = authority
	default_md = sha256
	policy = any
	x509_extensions = names
	[any]
	commonName = supplied
	[names]
	subjectAltName = DNS:localhost
	END
	openssl req -new -key prosody/localhost.key -subj /CN=localhost -out authority/request &&
	openssl ca -batch -notext -selfsign -config authority/config -keyfile prosody/localhost.key -in authority/request \
		-startdate 20200101000000Z -enddate "$1" -out prosody/localhost.crt 2>log/openssl
}

# serves <until>: such a certificate, from the start.
serves () {
	dated "$1" && stop_server && server_again
}

test_expect_success 'with nothing set up there are an account and a broker to be made' '
	mkdir -p -m 700 alice/run && test_expect_code 1 as alice git xmpp doctor >out && cat out &&
	grep "^!!  configuration  no XMPP account" out && grep "^!!  broker " out && grep "^2 things to do" out &&
	test ! -e alice/.state && test ! -e alice/.data && test ! -e alice/run/git-xmpp
'

test_expect_success 'with two users and all as it should be there is nothing to do' '
	printf "#!/bin/sh\ncat \"$TRASH/alice/pw\"\n" >askpass && chmod +x askpass &&
	start_server alice bob dave && serves 20490101000000Z && setup_user alice && setup_user bob && setup_user dave &&
	start_broker alice && start_broker bob && start_broker dave && pair alice bob &&
	"$TOP/t/tools/make-repo" alice/project.git 2 && as alice git xmpp share alice/project.git --push=bob@localhost &&
	git init -q alice/work && git -C alice/work remote add bob xmpp::bob@localhost/theirs &&
	cp alice/.gitconfig good && is_well >out && cat out && grep "^nothing to do" out && ! grep "^!!" out && grep "^ok  login  *online" out &&
	as alice git xmpp doctor --json >out && grep "\"area\":\"login\",\"result\":\"ok\"" out
'

test_expect_success 'programs: none that git finds, another one, few descriptors' '
	mkdir -p old && printf "#!/bin/sh\necho git-remote-xmpp 0.0.1\n" >old/git-remote-xmpp && chmod +x old/git-remote-xmpp &&
	heals helper-other "git-remote-xmpp 0.0.1" PATH="$TRASH/old:$PATH" &&
	heals descriptors "may open 200 files" sh -c "ulimit -S -n 200; exec \"\$@\"" x
'

test_expect_success 'git does not find the helper' '
	! (PATH=/usr/bin:/bin git remote-xmpp --version) 2>/dev/null || return 0
	mkdir -p bare && ln -sf "$BUILD/git-xmpp" bare/git-xmpp && heals helper-missing "does not find" PATH="$TRASH/bare:/usr/bin:/bin"
'

test_expect_success 'git: too old, for one repository, or for other protocols only' '
	afresh; printf "#!/bin/sh\ntest \"\$1\" != --version || exec echo git version 2.20.1\nexec \"%s\" \"\$@\"\n" "$(command -v git)" >old/git &&
	chmod +x old/git && test_expect_code 1 as alice PATH="$TRASH/old:$BUILD:$PATH" "$BUILD/git-xmpp" doctor >out && cat out &&
	grep "git 2.20.1 is too old" out && rm -r old &&
	heals git-dir "GIT_DIR is set" GIT_DIR="$TRASH/alice/project.git" &&
	heals protocol-limited "GIT_ALLOW_PROTOCOL" GIT_ALLOW_PROTOCOL=https:ssh &&
	config protocol.xmpp.allow never && heals protocol-forbidden "protocol.xmpp.allow" && is_well
'

test_expect_success 'a configuration that git cannot read' '
	afresh; echo "[bad" >>alice/.gitconfig &&
	printf "#!/bin/sh\nsed -i \"/^\\[bad/d\" \"\$1\"\n" >editor && chmod +x editor &&
	heals configuration-file "bad config line" EDITOR="$TRASH/editor" doctor="git-xmpp doctor" && cmp good alice/.gitconfig
'

test_expect_success 'accounts: several, one that is not there, an address that is none' '
	afresh; config xmpp.other.jid a@other.example && config --unset xmpp.account && heals account-undecided "several accounts" &&
	config --remove-section xmpp.other && config xmpp.account wrong && heals account-unknown "wrong" &&
	config xmpp.localhost.jid "xmpp:alice@localhost/x" && heals jid-malformed "no address" &&
	test "$(config xmpp.localhost.jid)" = alice@localhost && config xmpp.localhost.jid "a b c" && heals jid-malformed "a b c" &&
	afresh && again && online && is_well
'

test_expect_success 'settings: a value, a file, a program, a repository of its own' '
	afresh; config xmpp.transport carrier-pigeon && heals value "must be auto, direct" &&
	config xmpp.directPort 70000 && heals value "70000" &&
	config xmpp.portMapping always && heals value "must be auto or false" &&
	config --unset xmpp.localhost.caFile && config xmpp.localhost.caFile /nonexistent && heals file-missing "/nonexistent" &&
	afresh && config xmpp.notifyCommand "no-such-program -x" && heals command-missing "no-such-program" &&
	config xmpp.localhost.passwordCommand "no-such-program -x" && heals command-missing "no-such-program" &&
	afresh && git -C alice/work config xmppShare.x.path /tmp && (cd alice/work && heals elsewhere "in this repository") &&
	test "$(config xmppshare.x.path)" = /tmp && afresh && is_well
'

test_expect_success 'a credential helper that is not installed; none at all is worth a note' '
	afresh; config credential.helper no-such-keyring && heals helper-unknown "no-such-keyring" &&
	config --unset xmpp.localhost.passwordCommand && is_well >out && grep "^--  password" out && afresh
'

test_expect_success 'the socket: elsewhere, too long, open to others, in no directory' '
	afresh; heals runtime-directory "/nonexistent" XDG_RUNTIME_DIR=/nonexistent &&
	heals socket-path "longer than" GIT_XMPP_SOCKET="/tmp/$(printf "%0120d" 1)/socket" &&
	chmod 755 alice/run/git-xmpp && heals socket-mode "others may enter" && is_well &&
	mkdir -m 700 run2 && touch run2/git-xmpp && heals socket-directory "not a directory" XDG_RUNTIME_DIR="$TRASH/run2"
'

test_expect_success 'no broker; one that was killed; one that does not answer' '
	afresh; stop && heals broker-stopped "no broker runs" && online && is_well &&
	kill -KILL "$(brokers_of alice)" && wait_for 5 no_broker_of alice && heals socket-stale "is left" && online && is_well &&
	kill -STOP "$(brokers_of alice)" && heals broker-hung "does not answer" && online && is_well
'

test_expect_success 'something else holds the lock' '
	afresh; stop && {
		flock --no-fork alice/run/git-xmpp/lock sleep 600 &
		started $!
	} && locked () { ! flock -n alice/run/git-xmpp/lock true; } && wait_for 10 locked &&
	heals lock-foreign "no broker" && start_broker alice && is_well
'

test_expect_success 'a broker of another version' '
	afresh; mkdir -m 700 fake && "$BUILD/t/fake-broker" --log="$TRASH/log/heard" --pid="$TRASH/fake.pid" "$TRASH/fake/socket" \
		"open:Q" "send:L:kind=broker,pid=1,version=0.0.9" send:Z: close: &&
	started "$(cat fake.pid)" &&
	test_expect_code 1 as alice GIT_XMPP_SOCKET="$TRASH/fake/socket" git xmpp doctor --porcelain >out && cat out &&
	grep "^findings	broker-version	broker	fault	the broker that runs is 0.0.9, .*	git xmpp daemon restart$" out
'

test_expect_success 'a wrong password, and a password command that fails' '
	afresh; cp alice/pw right && echo wrong >alice/pw && again && failed () { as alice git xmpp status | grep -i "authentication failed"; } &&
	wait_for 20 failed && cp right alice/pw && heals auth-failed "authentication failed" && online && is_well &&
	afresh && config xmpp.localhost.passwordCommand "false" && again &&
	said () { as alice git xmpp status | grep passwordCommand; } && wait_for 20 said && heals password-command "passwordCommand" && online &&
	afresh && is_well
'

test_expect_success 'a server that is not where it is said to be' '
	afresh; refused () { as alice git xmpp status | grep "Connection refused"; } && config xmpp.localhost.server 127.0.0.1:1 && again && wait_for 20 refused && heals server-setting "Connection refused" &&
	afresh && again && online && is_well
'

test_expect_success 'a certificate that nobody has signed' '
	afresh; config --unset xmpp.localhost.caFile && again &&
	distrusted () { as alice git xmpp status | grep "certificate of"; } && wait_for 20 distrusted &&
	heals cert-invalid "not trusted" && online && is_well && afresh && again && online
'

# notes <id> <pattern> [VAR=value...]: as heals does, but it is nothing that has to be done.
notes () {
	local id pattern

	id=$1 pattern=$2
	shift 2
	as alice "$@" sh "$TRASH/heal" "$id" && cat "$TRASH/finding" && test_line_count -eq 1 "$TRASH/finding" &&
	cut -f4 "$TRASH/finding" | grep -x note && cut -f5 "$TRASH/finding" | grep "$pattern" &&
	test "$(cat "$TRASH/status")" -eq 0 && ! grep "^findings	$id	" "$TRASH/after"
}

reloaded () {
	grep "Reloading\|reloaded" log/prosody
}

# renewed: the server shows the certificate that is there now, and the note is gone when that was
# typed. No signal says so to ejabberd: who logs in again because it has restarted has seen it.
renewed () {
	case ${SERVER:-prosody} in
	prosody)
		kill -HUP "$prosody_pid" && wait_for 10 reloaded &&
		notes cert-expires "the certificate of localhost ends on 20[0-9-]*, " ;;
	ejabberd)
		restart_server && wait_for 60 broker_online alice && is_well >out && ! grep "^--  login" out ;;
	esac
}

test_expect_success 'a certificate that ends soon is worth a note until it was renewed' '
	afresh; serves "$(date -u -d "+3 days" +%Y%m%d%H%M%SZ)" && again && online && is_well >out && cat out && grep "^--  login" out &&
	dated 20490101000000Z && renewed && online
'

test_expect_success 'and one that has ended keeps you out' '
	serves 20210101000000Z && again &&
	expired () { as alice git xmpp status | grep "expired"; } && wait_for 20 expired &&
	heals cert-expired "expired: the owner of the server" && online &&
	serves 20490101000000Z && afresh && again && online && is_well >out && ! grep "cert\|--  login" out
'

test_expect_success 'a broker that only git commands start' '
	afresh; stop && as alice git xmpp buddies && online && notes on-demand "nothing starts the broker but" &&
	rm alice/.config/autostart/git-xmpp.desktop && again && online
'

test_expect_success 'files: the key, others of the state, a directory' '
	afresh; key=alice/.data/git-xmpp/accounts/alice@localhost/key && chmod 644 "$key" && heals key-mode "others may read" &&
	chmod 000 "$key" && heals file-mode "cannot be read" && chmod 500 alice/.state/git-xmpp && heals directory-mode "nothing can be written" && is_well
'

test_expect_success 'a share that is gone, or broken, or belongs to somebody else' '
	afresh; mkdir -p alice/gone && config xmppShare.gone.path "$TRASH/alice/gone" && rmdir alice/gone && heals share-gone "repository is gone" &&
	mkdir alice/empty && config xmppShare.empty.path "$TRASH/alice/empty" && heals share-broken "not a git repository\|does not appear" && is_well
'

test_expect_success 'test "$(id -u)" -eq 0' 'a share of another user' '
	afresh; "$TOP/t/tools/make-repo" alice/foreign.git 1 && chown -R nobody alice/foreign.git && config xmppShare.foreign.path "$TRASH/alice/foreign.git" &&
	heals share-owner "another user" && afresh && is_well
'

test_expect_success 'a share that refuses pushes to its work tree; a hook that is not run' '
	afresh; "$TOP/t/tools/make-repo" alice/bare.git 1 && git clone -q alice/bare.git alice/tree && as alice git xmpp share alice/tree --push=bob@localhost &&
	heals share-checked-out "checked out" &&
	printf "#!/bin/sh\nexit 1\n" >alice/tree/.git/hooks/pre-receive && chmod -x alice/tree/.git/hooks/pre-receive && heals hook-mode "not executable" &&
	as alice git xmpp unshare tree && is_well
'

test_expect_success 'rights of nobody, and rules that are not understood' '
	afresh; config --add xmppShare.project.push "bob at localhost" && heals right-malformed "bob at localhost" && config --get xmppShare.project.push bob@localhost &&
	config --add xmppShare.project.fetch zed@localhost && heals right-nobody "zed@localhost" && config --unset xmppShare.project.fetch &&
	config xmppShare.project.pushRequires blood && heals rule "blood" &&
	config xmppShare.project.protect "refs/**" && heals rule "refs/" && as alice git xmpp remove zed@localhost && is_well
'

test_expect_success 'what is followed: a remote that is gone, and what is no remote' '
	afresh; config xmppFollow.bob@localhost/theirs.remote "bob $TRASH/alice/nowhere/.git" && heals follow-gone "which is gone" &&
	config xmppFollow.bob@localhost/theirs.remote "nonsense" && heals follow-malformed "nonsense" && afresh && is_well
'

# entry <id> <field>...: in the queue of alice.
entry () {
	local id

	id=$1
	shift
	mkdir -p -m 700 alice/.state/git-xmpp/queue &&
	printf "%s\0" jid=bob@localhost share=theirs path="$TRASH/alice/work/.git" remote=bob queued=1750000000 expires=4000000000 \
		update="$(printf "%040d" 1) - refs/heads/main" "$@" >"alice/.state/git-xmpp/queue/$id"
}

test_expect_success 'the queue: what has failed, what is damaged' '
	afresh; stop && entry q1 state=failed moved=1 error="main has moved" && heals entry-moved "has moved" GIT_XMPP_AUTOSTART=false &&
	entry q2 state=failed error=no && heals entry-failed "has failed: no" GIT_XMPP_AUTOSTART=false &&
	echo nonsense >alice/.state/git-xmpp/queue/q3 && heals entry-damaged "q3 is damaged" && rm -f alice/.state/git-xmpp/queue/q* &&
	start_broker alice && is_well
'

waits () {
	as alice git xmpp status --json | grep "dave@localhost"
}

test_expect_success 'somebody waits for an answer' '
	# The server has been away.
	afresh; wait_for 30 broker_online dave && as dave git xmpp add alice@localhost && wait_for 10 waits && heals waits "dave@localhost" && is_well
'

test_expect_success 'remotes: one colon, no address, nobody; a submodule' '
	afresh; (
		cd alice/work &&
		git remote add one xmpp:bob@localhost/theirs && heals remote-one-colon "with one colon" && test "$(git remote get-url one)" = xmpp::bob@localhost/theirs &&
		git remote add two xmpp::bob@localhost && heals remote-malformed "no repository name" &&
		git remote add three xmpp::zack@localhost/x && heals remote-nobody "zack@localhost" &&
		git config -f .gitmodules submodule.x.url xmpp::bob@localhost/sub && heals submodules "submodule"
	) && as alice git xmpp remove zack@localhost && is_well
'

test_expect_success 'it takes no longer than it may, whatever hangs' '
	afresh; mkdir slow && printf "#!/bin/sh\ncase \"\$*\" in *exec-path*) exec sleep 100 ;; esac\nexec \"%s\" \"\$@\"\n" "$(command -v git)" >slow/git &&
	chmod +x slow/git && test_expect_code 1 as alice PATH="$TRASH/slow:$PATH" timeout 180 "$BUILD/git-xmpp" doctor >out && cat out &&
	grep "not all was looked at" out
'

test_expect_success 'in a report there is nothing of anybody' '
	afresh; config xmpp.localhost.server needle-server.example:5222 && config xmpp.localhost.passwordCommand "echo needle-password" &&
	config xmpp.needle-account.jid needle-me@needle-domain.example && config xmpp.account localhost &&
	config xmppShare.needle-share.path "$TRASH/needle-path/x" && config --add xmppShare.needle-share.push needle-jid@needle-domain.example &&
	config xmppShare.needle-share.protect "refs/**/needle-ref" && config xmppBuddy.needle-nick.jid needle-jid@needle-domain.example &&
	config --add xmppFollow.needle-jid@needle-domain.example/needle-theirs.remote "needle-remote $TRASH/needle-path/.git" &&
	config xmppGroup.needle-group.member needle-member@needle-domain.example && config xmpp.directAddress 192.0.2.77:4711 &&
	git -C alice/work remote add needle-origin xmpp::needle-jid@needle-domain.example/needle-theirs &&
	entry q9 jid=needle-jid@needle-domain.example share=needle-queued state=failed error="needle-error" &&
	as alice git xmpp device rename "needle device" && fp=$(as alice git xmpp verify --self) &&
	device=$(as alice git xmpp status -v --json | sed "s/.*\"device\":\"\([a-z0-9]*\)\".*/\1/") &&
	cat >>alice/.state/git-xmpp/daemon.log <<-END &&
	2026-01-02T03:04:05Z needle-jid@needle-domain.example/needle-res: device $device is online
	2026-01-02T03:04:05Z session upload-pack needle-jid@needle-domain.example/needle share: waiting -> asking, somebody can be asked
	2026-01-02T03:04:05Z needle-jid@needle-domain.example may fetch ${SQ}needle-share${SQ}, ${SQ}needle${SQ}s own${SQ}
	2026-01-02T03:04:05Z dialling 192.0.2.78:4711, [2001:db8::78]:4711 of needle-host.example
	2026-01-02T03:04:05Z cannot write $TRASH/needle-path/file: refs/heads/needle-ref
	2026-01-02T03:04:05Z key $fp, password=needle-password
	END
	(cd alice/work && test_expect_code 1 as alice git xmpp doctor --report) >report && cat report &&
	! grep -i "needle" report && ! grep "192\.0\.2\|2001:db8\|localhost\|$device\|$fp\|$TRASH" report && ! grep -w "alice\|bob\|dave" report &&
	grep "^program   git-xmpp [0-9]" report && grep "^git       git [0-9]" report && grep "^  !!  share-gone: share .share-[0-9]*. at" report &&
	grep "^  xmppshare.share-1.push = (set)" report && grep "^  xmpp.directaddresses = false" report &&
	grep "waiting -> asking, somebody can be asked" report && grep "buddy-[0-9]*@server-[0-9]*/\.\.\.: device id-[0-9]* is online" report
'

test_done

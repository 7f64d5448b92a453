#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A server that writes down every byte, and somebody who writes down all that is on the wire:
# what they have at the end, of everything that people do with each other. Nothing of it names
# a share, a path, a ref, an object, a file, a commit, a device, or who and where the machine is.
# With Prosody alone: Documentation/servers.md says why.

. "$(dirname "$0")/lib/own-network.sh"
. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_prosody || test_skip_all 'prosody or openssl is not installed'

url=xmpp::bob@localhost/kestrel-share
prosody_proxy=yes
prosody_module=capture
prosody_more="capture_path = \"$TRASH/captured\""

# The machine has a name, an address and a user that nobody is to hear of.
odd_machine () {
	ip link set lo up &&
	ip link add outside type veth peer name elsewhere &&
	ip addr add 192.0.2.77/24 dev outside && ip addr add 2001:db8::7777/64 dev outside nodad &&
	ip link set outside up && ip link set elsewhere up &&
	echo linnet-host >/proc/sys/kernel/hostname &&
	sed "s/^[^:]*:\([^:]*\):$(id -u):/linnet-user:\1:$(id -u):/" /etc/passwd >passwd &&
	mount --bind passwd /etc/passwd &&
	test "$(id -un)" = linnet-user
}

# In the namespace of the mounts, which ends with the script.
export USER=linnet-user LOGNAME=linnet-user
export GIT_AUTHOR_NAME='Wryneck Author' GIT_COMMITTER_NAME='Wryneck Author'

# person <user> [<account>]: who tells the addresses of the machine to devices that are trusted,
# and whose objects stand in packs as they are.
person () {
	mkdir -p -m 700 "$1/run" && echo "$PASSWORD" >"$1/pw" &&
	plain_user "$1" &&
	as "$1" git config --global xmpp.directAddresses true &&
	as "$1" git config --global xmpp.directLocal true &&
	as "$1" git config --global core.compression 0 &&
	as "$1" git xmpp setup "${2:-$1}@localhost" --server="127.0.0.1:$server_port" \
		--ca-file="$TRASH/prosody/localhost.crt" \
		--password-command="cat '$TRASH/$1/pw'" --no-start
}

# commit <repository>
commit () {
	echo "bittern content $((contents += 1))" >"$1/avocet-file-$contents" &&
	git -C "$1" add "avocet-file-$contents" &&
	git -C "$1" commit -q -m "siskin message $contents"
}
contents=0

device_of () {
	as "$1" git xmpp device | sed -n 's/^\* \([a-z2-7]*\) .*/\1/p'
}

# remember: the objects of that repository are none of the server's business either.
remember_objects () {
	git -C "$1" rev-parse "HEAD" "HEAD^{tree}" "HEAD:avocet-file-$contents" >>needles
}

# has <repository> <ref> <work tree>: what was committed there last.
has () {
	test "$(git -C "$1" rev-parse -q --verify "$2")" = "$(git -C "$3" rev-parse HEAD)"
}

# over <path> <git argument>...: by alice.
over () {
	local path

	path=$1
	shift
	as alice timeout 120 git -c xmpp.transport="$path" "$@"
}

start_wire () {
	rm -rf wire wire.out && mkdir wire && : >wire.out || return
	"$BUILD/t/wire" "$TRASH/wire" >wire.out 2>"$TRASH/log/wire" &
	wire_pid=$!
	started $wire_pid
	wait_for 10 grep -q listening wire.out
}

# stanza <text>: said to alice by an ordinary client of carol's.
stanza () {
	chat_send "<message to='alice@localhost' type='headline'>$1</message>"
}

# nothing_in <file>...: not one of the needles.
nothing_in () {
	test_expect_code 1 "$BUILD/t/canary" needles "$@"
}

test_expect_success 'a machine with a name and addresses, a server that writes down, a wire that is tapped' '
	odd_machine && mkdir captured && start_wire &&
	start_prosody alice bob carol dave &&
	git config --global core.compression 0 &&
	person alice && person bob && person carol && person dave &&
	as bob git init -q --bare "$TRASH/bob/plover-path.git" &&
	git init -q seed && commit seed && commit seed &&
	git -C seed push -q "$TRASH/bob/plover-path.git" HEAD:main HEAD:dunlin-ref &&
	printf "%s\n" kestrel-share plover-path dunlin-ref avocet-file "bittern content" "siskin message" \
		"wryneck author" whimbrel-device "godwit hook" linnet-user linnet-host \
		192.0.2.77 2001:db8::7777 "${TRASH##*/}" >needles &&
	remember_objects seed
'

test_expect_success 'pairing' '
	start_broker alice && start_broker bob && start_broker carol &&
	pair alice bob
'

test_expect_success 'a share, its refs, and the list of what is shared' '
	as bob git xmpp share bob/plover-path.git --name=kestrel-share --push=alice@localhost &&
	as alice git ls-remote $url >refs && grep dunlin-ref refs &&
	as alice git xmpp list bob@localhost >listed && grep kestrel-share listed
'

for path in inband proxy direct
do
	test_expect_success "clone, push and fetch on the path $path" '
		over $path clone -q $url alice/$path && commit alice/$path && remember_objects alice/$path &&
		over $path -C alice/$path push -q origin "HEAD:dunlin-ref-$path" HEAD:main &&
		has bob/plover-path.git dunlin-ref-$path alice/$path &&
		over $path -C alice/$path fetch -q origin
	'
done

followed () {
	has alice/direct origin/main seed
}

test_expect_success 'what is followed is announced' '
	as alice git -C alice/direct xmpp follow &&
	git -C seed fetch -q "$TRASH/bob/plover-path.git" main && git -C seed reset -q --hard FETCH_HEAD &&
	commit seed && remember_objects seed &&
	git -C seed push -q "$TRASH/bob/plover-path.git" HEAD:main &&
	wait_for 20 followed
'

test_expect_success 'a push that waits for who is away' '
	stop_broker bob &&
	commit alice/direct && remember_objects alice/direct &&
	as alice git -C alice/direct xmpp queue push origin HEAD:dunlin-ref-queued &&
	start_broker bob &&
	wait_for 30 has bob/plover-path.git dunlin-ref-queued alice/direct
'

test_expect_success 'an invitation to a share' '
	as bob git xmpp invite --share=kestrel-share >link && as carol git xmpp join "$(cat link)" &&
	wait_for 20 trusts carol bob &&
	as carol git clone -q $url carol/work &&
	sed "s/.*secret=\([a-z2-7]*\).*/\1/" link >>needles
'

named () {
	as "$1" git xmpp device bob@localhost | grep -q whimbrel-device
}

test_expect_success 'a new device of bob, which bob and alice admit, and its name' '
	person bob2 bob && jid_bob2=bob@localhost && start_broker bob2 &&
	as bob2 git xmpp add alice@localhost
	as bob2 git xmpp share "$TRASH/bob/plover-path.git" --name=kestrel-share --fetch=alice@localhost &&
	for who in alice bob
	do
		wait_for 20 as $who git xmpp verify bob@localhost --fingerprint="$(as bob2 git xmpp verify --self)" || return
	done &&
	wait_for 20 as bob2 git xmpp verify bob@localhost --fingerprint="$(as bob git xmpp verify --self)" &&
	as bob2 git xmpp verify alice@localhost --fingerprint="$(as alice git xmpp verify --self)" &&
	as bob2 git xmpp device rename "whimbrel-device" &&
	wait_for 20 as alice git ls-remote "$url?device=$(device_of bob2)" &&
	wait_for 20 named alice
'

test_expect_success 'they compare words' '
	as alice timeout 180 "$BUILD/t/on-terminal" "\n" git xmpp verify bob@localhost >said;
	grep -A 3 "shows the same on both devices:$" said
'

refused () {
	test_must_fail as "$@" 2>err
}

test_expect_success 'failures: no such share, no right, a hook that says no, a device that is not there' '
	refused alice git ls-remote xmpp::bob@localhost/kestrel-share-other && cat err &&
	refused carol git -C carol/work push origin HEAD:dunlin-ref-carol && cat err &&
	printf "#!/bin/sh\necho godwit hook >&2\nexit 1\n" >bob/plover-path.git/hooks/pre-receive &&
	chmod +x bob/plover-path.git/hooks/pre-receive &&
	refused alice git -C alice/direct push origin HEAD:dunlin-ref-refused && grep "godwit hook" err &&
	rm bob/plover-path.git/hooks/pre-receive &&
	refused alice git ls-remote "$url?device=aaaaaaaaaaaaaaaa" &&
	refused dave git ls-remote $url &&
	mv bob/plover-path.git bob/plover-path.away &&
	refused alice git ls-remote "$url?device=$(device_of bob)" && cat err &&
	mv bob/plover-path.away bob/plover-path.git
'

# The packs are small: what hangs is the hook.
test_expect_success 'and the server, or a broker, that dies in the middle' '
	for dies in server bob
	do
		rm -f go began &&
		printf "#!/bin/sh\n>\"$TRASH/began\"\nwhile ! test -e \"$TRASH/go\"; do sleep 0.05; done\n" \
			>bob/plover-path.git/hooks/pre-receive && chmod +x bob/plover-path.git/hooks/pre-receive &&
		commit alice/inband && remember_objects alice/inband &&
		background alice git -c xmpp.transport=inband -C alice/inband push -q \
			"$url?device=$(device_of bob)" HEAD:dunlin-ref-$dies &&
		wait_for 20 test -e began &&
		if test $dies = server
		then
			restart_prosody KILL && touch go
		else
			kill_broker bob && touch go && start_broker bob && { kill $job 2>/dev/null || :; }
		fi &&
		rm bob/plover-path.git/hooks/pre-receive &&
		wait_for 60 gone $job && wait_for 60 no_services || return
	done &&
	wait_for 60 trusts alice bob
'

test_expect_success 'an end: a device is retired, a buddy is removed, another one blocked' '
	as bob git xmpp device retire "$(device_of bob2)" --yes &&
	as alice git xmpp remove bob@localhost && as bob git xmpp block carol@localhost &&
	refused alice git ls-remote $url && refused carol git ls-remote $url
'

# Ahead of what follows, which says it all in the clear.
test_expect_success 'nothing of it is in what the server has, in any way of writing' '
	test "$(ls captured | wc -l)" -ge 10 && cat captured/* >all && test "$(wc -c <all)" -gt 50000 &&
	nothing_in captured/*
'

test_expect_success 'nor on the wire, where there was a path of each kind' '
	kill -TERM $wire_pid && wait $wire_pid && cat wire.out && grep "dropped 0$" wire.out &&
	cp needles more && printf "%s\n" alice@localhost bob@localhost "$PASSWORD" \
		"$(device_of alice)" "$(device_of bob)" >>more &&
	test_expect_code 1 "$BUILD/t/canary" more wire/*
'

test_expect_success 'what the server has to know is found there' '
	printf "%s\n" alice@localhost bob@localhost carol@localhost "$(device_of alice)" "$(device_of bob)" \
		"git.$(device_of bob)" "<open xmlns=" >known &&
	"$BUILD/t/canary" known captured/*
'

test_expect_success 'and what a plain connection says is found on the wire' '
	start_wire &&
	echo "kestrel-share dunlin-ref" >said && "$BUILD/t/ask" "$server_port" <said >/dev/null;
	printf "%s\n" kestrel-share dunlin-ref >known &&
	found_on_wire () {
		"$BUILD/t/canary" known wire/*
	} &&
	wait_for 10 found_on_wire
'

# As a bytestream without TLS would say it: what git says, in blocks.
test_expect_success 'a leak would be found: of git, in the blocks of a bytestream' '
	{
		git -C bob/plover-path.git for-each-ref &&
		git -C bob/plover-path.git rev-parse HEAD^{tree} &&
		git -C bob/plover-path.git rev-list --objects --all |
		git -C bob/plover-path.git pack-objects -q --no-reuse-object --window=0 --stdout
	} >git-says && { openssl base64 -A <git-says | fold -w 400 && echo; } >blocks && chat_login carol &&
	while read -r block
	do
		stanza "<data xmlns=\"http://jabber.org/protocol/ibb\" sid=\"0\">$block</data>" || return
	done <blocks &&
	grep -E "dunlin|avocet|bittern|siskin|wryneck|^[0-9a-f]{40}$" needles >git-needles &&
	found () {
		"$BUILD/t/canary" git-needles captured/* >found
	} &&
	wait_for 10 found || { cat found; false; }
'

found_rest () {
	"$BUILD/t/canary" rest captured/* >found
}

hexadecimal () {
	od -An -v -tx1 | tr -d " \n"
}

test_expect_success '... and of the rest, as it is, in hexadecimal, in base32, with escapes' '
	grep -vFxf git-needles needles >rest &&
	for way in cat hexadecimal "base32 -w 0" "sed s/-/%2D/g"
	do
		chat_logout; rm captured/* && chat_login carol &&
		stanza "<body>xy$($way <rest)</body>" &&
		wait_for 10 found_rest || { cat found; return 1; }
	done
'

test_done

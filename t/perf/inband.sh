#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# usage: t/perf/inband.sh [--json=FILE] [--megabytes=N] [--runs=N] [<build directory>]
#
# What the in-band path makes of the server: payload MiB/s of git archive
# (nothing but the stream) and git clone (with index-pack) between two brokers, of a
# repository that is packed as a server would, against a bare XEP-0047 pump through the
# same Prosody, with the block and window that are its best there. They take turns;
# medians count.
set -e

. "$(dirname "$0")/lib-perf.sh"
BUILD=$TOP/build

json=
megabytes=24
runs=3
for arg
do
	case $arg in
	--json=*)
		json=$(realpath -m "${arg#*=}") ;;
	--megabytes=*)
		megabytes=${arg#*=} ;;
	--runs=*)
		runs=${arg#*=} ;;
	-*)
		sed -n 's/^# usage: /usage: /p' "$0" >&2
		exit 129 ;;
	*)
		BUILD=$(cd "$arg" && pwd) ;;
	esac
done

# pump <blocks> <windows>: a line "block window MiB/s" for each pair.
pump () {
	"$BUILD/t/perf/ibb-pump" --server="127.0.0.1:$prosody_port" \
		--ca-file="$TRASH/prosody/localhost.crt" --tsv \
		--from="carol@localhost/$PASSWORD" --to="dave@localhost/$PASSWORD" \
		--blocks="$1" --windows="$2"
}

# timed <name> <command...>: the command prints how many bytes it carried;
# adds them and the seconds it took to <name>.tsv.
timed () {
	local name start bytes

	name=$1
	shift
	start=$(date +%s%N)
	bytes=$("$@")
	test "$bytes" -gt 0
	echo "$bytes $(($(date +%s%N) - start))" | awk '{ printf "%.2f\n", $1 / 1048576 / ($2 / 1e9) }' >>"$name.tsv"
}

drain () {
	as alice timeout 300 git archive --format=tar --remote=xmpp::bob@localhost/project main >archive.tar
	wc -c <archive.tar
}

clone () {
	rm -rf alice/clone.git
	as alice timeout 300 git clone -q --bare xmpp::bob@localhost/project alice/clone.git
	cat alice/clone.git/objects/pack/*.pack | wc -c
}

# ratio <rate>: of the pump's.
ratio () {
	awk -v rate="$1" -v pump="$pump_rate" 'BEGIN { printf "%.2f", rate / pump }'
}

perf_init
have_prosody || {
	echo 'prosody and openssl are needed' >&2
	exit 1
}
start_prosody alice bob carol dave
for user in alice bob
do
	setup_user $user >/dev/null
	start_broker $user
	as $user git config --global xmpp.transport inband
done
pair alice bob >/dev/null
"$TOP/t/tools/make-repo" bob/project.git 100 "$megabytes"
# Else git looks for deltas first, for longer than the server needs for the bytes.
git -C bob/project.git -c pack.window=2 repack -q -adb
as bob git xmpp share bob/project.git --name=project --fetch=alice@localhost >/dev/null

pump 4096,5700,5800 2,4,8 >cells
read -r block window rest <<END
$(sort -k3 -n cells | tail -n 1)
END
i=0
while test $i -lt "$runs"
do
	pump "$block" "$window" | awk '{ print $3 }' >>pump.tsv
	timed archive drain
	timed clone clone
	i=$((i + 1))
done

pump_rate=$(percentile 0.5 pump.tsv)
archive_rate=$(percentile 0.5 archive.tsv)
clone_rate=$(percentile 0.5 clone.tsv)

printf '%-24s %8s %12s\n' '' 'MiB/s' 'of the pump'
printf '%-24s %8s %12s\n' "pump, $block bytes x $window" "$pump_rate" 1.00
printf '%-24s %8s %12s\n' 'git archive' "$archive_rate" "$(ratio "$archive_rate")"
printf '%-24s %8s %12s\n' 'git clone' "$clone_rate" "$(ratio "$clone_rate")"

if test -n "$json"
then
	cat >"$json" <<-END
	{
	  "pump": { "block": $block, "window": $window, "mib_per_s": $pump_rate },
	  "archive": { "mib_per_s": $archive_rate, "ratio": $(ratio "$archive_rate") },
	  "clone": { "mib_per_s": $clone_rate, "ratio": $(ratio "$clone_rate") }
	}
	END
fi

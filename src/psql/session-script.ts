/** How psql is run in the container. */
export interface PsqlRun {
  /** Begins the name of every script, and every line that is meant for us. */
  readonly nonce: string;
  /** As many scripts, which psql's arguments name `NONCE.0`, `NONCE.1` and so on. */
  readonly scripts: number;
  /** Of the scripts and of what psql prints. */
  readonly encoding: string;
  /** psql and its arguments. */
  readonly words: readonly string[];
}

/**
 * The program for psql in the container. It gets its scripts through named pipes, in a folder that nobody else may
 * enter and that goes with it. Standard input is lines, most with bytes behind them: `s NAME` another script begins,
 * `t N` and N bytes of it, `f NAME` a file begins, `d N` and N bytes of it, `e` the end. Without the last, psql is
 * killed before it can take the end of a pipe for the end of its script, and commit. When psql has ended with 0, each
 * file `out.N` that it has written comes on standard output: `NONCE out.N BYTES`, a newline, and the bytes.
 * On standard error `NONCE full` says that there is no room for a file.
 */
export function psqlWords({ nonce, scripts, encoding, words }: PsqlRun): readonly string[] {
  return ['sh', '-c', PSQL, 'sh', nonce, encoding, String(scripts), ...words];
}

// Descriptors: 3 the script, 4 a file, 5 what we read: a program in the background has no other input. To be asked to
// end means for psql that it cancels its query on the server, which it does on INT alone. A script's pipe has to be
// closed before the next is opened: psql opens that when this one has ended.
const PSQL = `
n=$1 k=$3
export PGCLIENTENCODING="$2"
shift 3
umask 077
d=$(mktemp -d) || exit 1
leave() { trap '' HUP INT QUIT TERM; [ -z "$f" ] || kill -s KILL "$f" 2>/dev/null; rm -rf "$d"; }
p= f= s=
trap leave EXIT
stop() {
  [ -z "$s" ] || return
  s=1
  [ -n "$p" ] || exit "$1"
  kill -s INT "$p" 2>/dev/null
  { sleep 1; kill -s KILL "$p"; } >/dev/null 2>&1 5<&- &
}
trap 'stop 129' HUP; trap 'stop 130' INT; trap 'stop 131' QUIT; trap 'stop 143' TERM
cd "$d" || exit 1
i=0; while [ "$i" -lt "$k" ]; do mkfifo "$n.$i" || exit 1; i=$((i+1)); done
feed() {
  trap '' HUP INT QUIT TERM PIPE
  z=
  while read -r o a; do
    case $o$z in
    s*) z=; exec 3>&-; exec 3>"$a" ;;
    t) dd bs="$a" count=1 iflag=fullblock 2>/dev/null >&3 || z=z ;;
    tz) dd bs="$a" count=1 iflag=fullblock 2>/dev/null >/dev/null ;;
    f*) exec 4>"$a" ;;
    d*) dd bs="$a" count=1 iflag=fullblock 2>/dev/null >&4 || { printf '%s full\\n' "$n" >&2; kill -s KILL "$p"; exit; } ;;
    e*) exit ;;
    esac
  done
  kill -s KILL "$p"
}
exec 5<&0
(trap '' HUP QUIT TERM; exec "$@") </dev/null 5<&- & p=$!
feed <&5 5<&- & f=$!
exec 5<&-
while wait "$p" 2>/dev/null; x=$?; kill -0 "$p" 2>/dev/null; do :; done
[ "$x" = 0 ] && [ -z "$s" ] || exit "$x"
for a in out.*; do
  [ -f "$a" ] || continue
  b=$(wc -c <"$a")
  printf '%s %s %s\\n' "$n" "$a" "$((b))"
  cat <"$a"
done
exit 0
`;

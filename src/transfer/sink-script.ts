import { quoteAll } from '../remote/quote';
import { CODECS } from './codecs';

export interface SinkOptions {
  /** Begins every line that is meant for us. */
  readonly nonce: string;
  /** Of the bytes, in hexadecimal digits. */
  readonly sha256: string;
  readonly isCompressed: boolean;
  /** Length of the program's script in bytes, which stands before all else. */
  readonly scriptBytes: number;
  /** A program that the bytes go through before, and its arguments. */
  readonly filter: readonly string[];
  /** A program that takes them, and its arguments. */
  readonly words: readonly string[];
}

/** Where the program finds its script: text that must not stand in its arguments. */
export const SCRIPT_FILE = '/dev/fd/6';
/** The container cannot decompress; nothing was read. */
export const NO_CODEC = 124;

/**
 * The program for an upload: standard input is the script and then the bytes, as gzip or as they are. The program gets
 * the bytes, but their end only when they are those that were sent, and the filter has taken them all: until then it
 * cannot commit, and else it is killed. On standard error, among the program's own errors, come `NONCE sha256 HEX` and
 * `NONCE filter N`, the filter's exit code. The exit code is the program's.
 */
export function sinkWords({ nonce, sha256, isCompressed, scriptBytes, filter, words }: SinkOptions): readonly string[] {
  const folder = `/tmp/.aurora-bastion-${nonce}`;
  const facts = [nonce, sha256, isCompressed ? 'gzip' : 'plain', String(scriptBytes), folder, quoteAll(filter)];
  return ['sh', '-c', SINK, 'sh', ...facts, ...words];
}

// Descriptors: 5 to the program, 6 its script, 7 and 8 to and from the checksum, 9 the filter's exit code. All lose their names once they are open.
// A program in the background does not hear of Ctrl-C, so the traps tell it.
const SINK = `
n=$1 want=$2 c=$3 q=$4 d=$5 f=$6; shift 6
[ "$c" = plain ] || command -v gzip >/dev/null || { command -v python3 >/dev/null && c=python3; } || exit ${NO_CODEC}
umask 077
p=
mkdir "$d" || exit 125
leave() { rm -rf "$d"; [ -z "$p" ] || kill -s KILL "$p" 2>/dev/null; }
trap leave EXIT
trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 131' QUIT; trap 'exit 143' TERM
mkfifo "$d/b" "$d/s" "$d/h" "$d/x" || exit 125
: >"$d/q"
[ "$q" = 0 ] || dd bs="$q" count=1 iflag=fullblock of="$d/q" 2>/dev/null || exit 125
exec 6<"$d/q" 8<>"$d/h" 9<>"$d/x"
sha256sum <"$d/s" >&8 6<&- 9>&- &
exec 7>"$d/s"
"$@" <"$d/b" 7>&- 8>&- 9>&- & p=$!
exec 5>"$d/b" 6<&-
rm -rf "$d"
${CODECS}
unpack | tee /dev/fd/7 2>/dev/null | {
  (eval "exec $f") >&5 5>&- 7>&- 8>&- 9>&-; x=$?
  echo "$x" >&9
  [ "$x" != 0 ] || cat >/dev/null # what it did not need is summed up all the same
}
exec 7>&-
read -r x <&9
read -r h o <&8
printf '%s filter %s\\n%s sha256 %s\\n' "$n" "$x" "$n" "$h" >&2
[ "$h $x" = "$want 0" ] || kill -s KILL "$p" 2>/dev/null
exec 5>&-
wait "$p"; x=$?
p=
exit "$x"
`;

import { CODECS } from './codecs';

/** Bytes of a numbered piece; the last one has fewer. */
export const PIECE_BYTES = 65_536;
/** What stands before each piece: its number and a newline. */
export const PIECE_HEADER_BYTES = 12;
/** The shell can name ten descriptors, and needs some itself. */
export const MOST_STREAMS = 5;
/** How long the sessions of one transfer wait for each other, in tenths of a second. */
const PATIENCE = 600;

export interface SourceOptions {
  /** Begins every line that is meant for us. */
  readonly nonce: string;
  /** Over how many sessions the bytes go. */
  readonly streams: number;
  /** Whether they are worth compressing on their way. */
  readonly compress: boolean;
  /** A program that writes them, and its arguments. */
  readonly words: readonly string[];
}

/**
 * The program for the first session of a download. On standard output come a line `NONCE codec`, and the bytes of the
 * program as that codec packs them; on standard error, among the program's own errors, `NONCE sha256 HEX` of what the
 * program wrote. With several streams, pieces of `PIECE_BYTES` are dealt out in turn, each behind its number of eleven
 * digits and a newline; a number without a piece is the end. The exit code is the program's.
 */
export function sourceWords({ nonce, streams, compress, words }: SourceOptions): readonly string[] {
  return ['sh', '-c', SOURCE, 'sh', nonce, folder(nonce), String(streams), compress ? 'yes' : 'no', ...words];
}

/** The program for the `n`th session after the first. */
export function followerWords(nonce: string, n: number): readonly string[] {
  return ['sh', '-c', FOLLOWER, 'sh', `${folder(nonce)}/${n}`];
}

function folder(nonce: string): string {
  return `/tmp/.aurora-bastion-${nonce}`;
}

// Descriptors: 1 and from 3 on the streams, 7 and 8 to and from the checksum, 9 the program's exit code. A named pipe that
// is opened to read and write at once waits for nobody (Linux). The pipes lose their names as soon as both ends are open.
const SOURCE = `
n=$1 d=$2 k=$3 z=$4; shift 4
umask 077
mkdir "$d" || exit 125
trap 'rm -rf "$d"' EXIT
trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 131' QUIT; trap 'exit 143' TERM
mkfifo "$d/s" "$d/h" "$d/x" || exit 125
i=1; while [ "$i" -lt "$k" ]; do mkfifo "$d/$i" || exit 125; i=$((i+1)); done
exec 8<>"$d/h" 9<>"$d/x"
sha256sum <"$d/s" >&8 &
exec 7>"$d/s"
i=1; while [ "$i" -lt "$k" ]; do eval "exec $((i+2))>\\"\\$d/\\$i\\""; i=$((i+1)); done
rm -rf "$d"
c=plain
[ "$z" = no ] || { command -v gzip >/dev/null && c=gzip; } || { command -v python3 >/dev/null && c=python3; }
case $c in plain) printf '%s plain\\n' "$n" ;; *) printf '%s gzip\\n' "$n" ;; esac
${CODECS}
deal() {
  i=0
  exec 9>&1 # what dd says is caught, and what it writes is not
  while :; do
    o=$((i % k)); [ "$o" = 0 ] && o=9 || o=$((o+2))
    printf '%011d\\n' "$i" >&$o
    case $(LC_ALL=C dd bs=${PIECE_BYTES} count=1 iflag=fullblock 2>&1 >&$o) in 0+0*) break ;; esac
    i=$((i+1))
  done
}
{ { "$@" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; echo $? >&9; } | tee /dev/fd/7 | pack; } | if [ "$k" = 1 ]; then cat; else deal; fi
exec 3>&- 4>&- 5>&- 6>&- 7>&-
read -r x <&9
read -r h o <&8
printf '%s sha256 %s\\n' "$n" "$h" >&2
exit "$x"
`;

const FOLLOWER = `
i=0
until [ -p "$1" ]; do
  i=$((i+1)); [ "$i" -lt ${PATIENCE} ] || { echo "$1 is not there" >&2; exit 125; }
  sleep 0.1
done
cat <"$1"
`;

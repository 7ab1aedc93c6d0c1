import { scriptCommand } from './script';
import { waitForClient } from './start';

/** Frames of output that may be on their way to the client, which gives each back when it has written it. */
const OUTPUT_TOKENS = 8;
/** Bytes of output in a frame. In Base64 they fill 64 KB, what a pipe holds. */
export const OUTPUT_CHUNK_BYTES = 49_152;

/** Input in one frame, in bytes. */
export const INPUT_CHUNK_BYTES = 32 * 1024;
/**
 * Input that the command has not taken yet. The pipes before the command hold it all, so whoever reads the terminal is
 * never kept from reading: a signal, or the end of the session, never waits behind input that nobody wants.
 */
export const INPUT_WINDOW_BYTES = 192 * 1024;

export interface ExecOptions {
  /** Begins every frame; nothing else does. */
  readonly nonce: string;
  /** A program and its arguments. */
  readonly words: readonly string[];
  /** Wait until `psql` exists: the stock image installs it while the task starts. */
  readonly waitForClient: boolean;
  /** How long the program may go on after HUP when the session is lost, to tidy up; whole seconds, else it is killed. */
  readonly tidySeconds?: number | undefined;
}

/**
 * The command line for ExecuteCommand that runs a program without a terminal over a session that is one.
 *
 * The terminal is set raw and carries frames. From here they are `NONCE type argument` and a newline: `r` input may
 * come, `o n` and `e n` a chunk of output or errors, followed by its n characters of Base64 and a newline (the agent
 * drops and changes bytes that are no UTF-8), `c n` the command has taken n bytes of input, `z` it takes no more,
 * `w` a warning, `m` what is missing in the container, `x n` the exit code. From the client they are `d n` and n bytes
 * of input as they are (a raw terminal changes none), `e` the end of input, `k` a chunk of output was written,
 * `s NAME` a signal, `q` the exit code has come.
 *
 * The agent gives up on what is not acknowledged two seconds after the command's end, so the end waits: until the client
 * has all output, and then for its `q`.
 *
 * Needed in the container: a POSIX shell and the few programs of coreutils or busybox that `TOOLS` names.
 */
export function execCommand({ nonce, words, waitForClient: isToWait, tidySeconds = 0 }: ExecOptions): string {
  return scriptCommand(isToWait ? SCRIPT_ONCE_READY : SCRIPT, [nonce, String(tidySeconds), ...words]);
}

const TOOLS = 'base64 cat dd mkfifo mktemp rm sleep stty';
/** How long the end waits for the client's word, in seconds: a lost connection is back by then, or never. */
const LINGER_S = 20;

const PREPARE = `
n=$1 y=$2 m= w= z=; shift 2
exec 2>/dev/null
stty raw -echo
for t in ${TOOLS}; do command -v $t >/dev/null || m="$m $t"; done
[ "$(printf ab | dd bs=2 count=1 iflag=fullblock)" = ab ] || m="$m dd(iflag=fullblock)"
d=$(mktemp -d) || m="$m /tmp(writable)"
[ -z "$m" ] || { rm -rf "$d"; printf '%s m%s\\n' "$n" "$m"; exit 127; }
printf %s x | base64 -w0 >/dev/null && w=-w0
`;

// Descriptors: 3 the terminal, to write; 4 the terminal, to read; 5 a lock, one line in a pipe, so that frames do not mix;
// 6 the output's tokens; 7, 8, 9 the command's input, output and errors. The pipes have names only until both ends
// are open. A function called with a redirection would keep a copy of what it closes (dash), so groups close.
// The terminal is read through a pipe, since from a terminal bash's `read` takes more than a line; and by `dd`, since
// busybox's `cat` uses sendfile, which loses bytes of a terminal (Linux 6.18).
const RUN = `
frame() { read -r l <&5; printf "$@" >&3 || { echo >&5; return 1; }; echo >&5; }
out() {
  trap '' INT QUIT TERM HUP
  while c=$(dd bs=${OUTPUT_CHUNK_BYTES} count=1 | base64 $w); [ -n "$c" ]; do
    read -r t <&6 && frame '%s %s %s\\n%s\\n' "$n" "$1" "\${#c}" "$c" || break
  done
}
control() {
  trap '' INT QUIT TERM HUP PIPE
  while read -r o a; do
    case $o in
    d) printf 'd %s\\n' "$a"; dd bs="$a" count=1 iflag=fullblock ;;
    e) echo e ;;
    k) echo >&6 ;;
    s) kill -s "$a" 0 ;;
    q) kill -s USR1 $$ ;;
    esac
  done
  [ "$y" = 0 ] || { kill -s HUP 0; sleep "$y"; }
  kill -s KILL 0
}
feed() {
  trap '' INT QUIT TERM HUP PIPE
  while read -r o a; do
    case $o$z in
    d) dd bs="$a" count=1 iflag=fullblock || { z=z; frame '%s z\\n' "$n"; }; frame '%s c %s\\n' "$n" "$a" ;;
    dz) dd bs="$a" count=1 iflag=fullblock >/dev/null; frame '%s c %s\\n' "$n" "$a" ;;
    e*) z=z; exec >&- ;;
    esac
  done
}
mkfifo "$d/i" "$d/o" "$d/e" "$d/p" "$d/q" "$d/l" "$d/t"
exec 3>&1 4<&0 5<>"$d/l" 6<>"$d/t"
echo >&5
printf '${'\\n'.repeat(OUTPUT_TOKENS)}' >&6
out o <"$d/o" & o=$!
exec 8>"$d/o"
{ exec 8>&-; out e; } <"$d/e" & e=$!
exec 9>"$d/e"
{ exec 8>&- 9>&-; trap '' INT QUIT TERM HUP; exec dd bs=65536; } <&4 >"$d/q" & k=$!
{ exec 8>&- 9>&-; control; } <"$d/q" >"$d/p" & r=$!
{ exec 8>&- 9>&-; trap '' INT QUIT TERM HUP; cat | cat | cat | feed >"$d/i"; } <"$d/p" &
exec 7<"$d/i"
rm -rf "$d"
trap : INT QUIT TERM HUP
frame '%s r\\n' "$n"
(exec "$@") <&7 >&8 2>&9 3>&- 4<&- 5>&- 6>&- 7<&- 8>&- 9>&-
x=$?
exec 7<&- 8>&- 9>&-
for p in $o $e; do while kill -0 $p; do wait $p; done; done
i=0; while [ $i -lt ${OUTPUT_TOKENS} ]; do read -r t <&6; i=$((i+1)); done
sleep ${LINGER_S} </dev/null >/dev/null 3>&- 4>&- 5>&- 6>&- & s=$!
trap 'kill -s KILL $s' USR1
frame '%s x %s\\n' "$n" "$x"
wait $s
kill -s KILL $r $k
`;

const SCRIPT = `${PREPARE}${RUN}`;
const SCRIPT_ONCE_READY = `${PREPARE}${waitForClient(`printf '%s w %s\\n' "$n"`)}${RUN}`;

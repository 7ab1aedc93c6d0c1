/** How long a task may live, in whole seconds. */
export interface Lease {
  /** Without a session. */
  readonly idleSeconds: number;
  /** In all, sessions or not. */
  readonly lifetimeSeconds: number;
}

// The command itself is waited for, so that its end and its exit code stay what they were. Time is taken from the
// kernel, since a clock may be set, and in hundredths of a second, since whole ones could end an idle time one too early.
// A session is a process of the agent's, `ssm-session-worker`, whoever opened it and with whatever; where containers
// share their processes, only those of this one count. A pattern with a bracket does not find the process that looks.
const SCRIPT = `
i=$1 m=$2; shift 2
now() { read -r n r </proc/uptime; n=\${n%%.*}\${n#*.}; }
open() {
  for f in $(grep -ls 'ssm-session-[w]orker' /proc/[0-9]*/cmdline); do
    e=\${f%cmdline}environ
    grep -qs ECS_CONTAINER_METADATA_URI_V4= $e && ! grep -qsF "\${ECS_CONTAINER_METADATA_URI_V4:-=}" $e || return 0
  done
  return 1
}
end() { echo "The lease of this task has ended: $1"; kill -s USR1 $$; exit; }
watch() {
  command -v grep >/dev/null || { echo 'There is no grep: only the maximum age ends this task'; open() { :; }; }
  p=5; [ "$i" -ge 60 ] || p=1
  now; b=$n a=$n
  while sleep $p; do
    now
    [ $((n-b)) -lt "\${m}00" ] || end "it is $m s old"
    if open; then a=$n; elif [ $((n-a)) -ge "\${i}00" ]; then end "no session for $i s"; fi
  done
}
trap 'exit 143' TERM
trap 'exit 0' USR1
watch & w=$!
if [ $# -gt 0 ]; then "$@" & w=$!; fi
wait $w
exit $?
`;

/**
 * The command of a container that ends by itself: when no session has been open for a while, and at a maximum age,
 * whatever has become of the client. Needs a POSIX shell, `/proc`, `grep` and `sleep`.
 * @param command what the container runs meanwhile; empty: nothing
 */
export function leaseCommand(command: readonly string[], { idleSeconds, lifetimeSeconds }: Lease): string[] {
  return ['sh', '-c', SCRIPT, 'lease', String(idleSeconds), String(lifetimeSeconds), ...command];
}

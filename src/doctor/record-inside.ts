import { type Check, list, ok, type Outcome, skipped, warning } from './check';
import type { Facts } from './facts';
import { firstLine, type RunInside } from './inside';
import { sessionLog } from './session-log';

/** Whether the container has what the exec agent records sessions with. */
export function recordInside(run: RunInside): Check {
  return { id: 'inside-record', title: 'From inside: record of sessions', look: (facts) => look(run, facts) };
}

/**
 * Makes a record as the exec agent does when a session has ended, with its arguments: `script` runs `cat`, which prints
 * what the session showed. Where there is no `-c`, the agent leaves it away.
 */
export const RECORD: readonly string[] = [
  'sh',
  '-c',
  `for t in script cat; do command -v $t >/dev/null || { echo "$t"; m=m; }; done
[ -z "$m" ] || exit 0
d=$(mktemp -d) || exit 1
echo seen >"$d/session"
script "$d/log" -c "cat $d/session" </dev/null >/dev/null || script "$d/log" cat "$d/session" </dev/null >/dev/null
case $(cat "$d/log") in *seen*) x=0 ;; *) x=1 ;; esac
rm -rf "$d"
exit $x`,
];

async function look(run: RunInside, facts: Facts): Promise<Outcome> {
  if ((await sessionLog(facts)).kind === 'none') return skipped('Sessions are not logged');
  const { exitCode, output, error } = await run(RECORD);
  const missing = output.trim().split(/\s+/).filter(Boolean);
  if (missing.length > 0) {
    return warning(
      `The container has no ${list(missing)}, and so the exec agent records no session`,
      'Take an image that has them: `script` is in util-linux (of Debian: bsdutils)',
    );
  }
  if (exitCode === 0) return ok('script and cat make it');
  return warning(
    `The exec agent's way of recording fails: ${firstLine(error) || `script ended with ${exitCode}`}`,
    'util-linux 2.42.0 refuses its arguments: take an image with another',
  );
}

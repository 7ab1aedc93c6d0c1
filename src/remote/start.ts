import { scriptCommand } from './script';

/** Longer than a slow `yum install` takes (about 20 s); after it the command runs anyway, with a word of why. */
const CLIENT_WAIT_S = 180;

/** For a database that does not answer; the system would try for more than two minutes. */
const CONNECT_TIMEOUT_S = 15;

/**
 * Shell lines that wait until `psql` exists in the container: the stock image installs the client while the task
 * starts, and the task counts as running long before that is done.
 * @param say a command that takes a warning as its last argument
 */
export function waitForClient(say: string): string {
  return `
export PGCONNECT_TIMEOUT="\${PGCONNECT_TIMEOUT-${CONNECT_TIMEOUT_S}}"
w8=0
until command -v psql >/dev/null 2>&1 || [ "$w8" -ge ${CLIENT_WAIT_S * 5} ]; do sleep 0.2; w8=$((w8+1)); done
command -v psql >/dev/null 2>&1 || ${say} "psql is not installed in the container after ${CLIENT_WAIT_S} s: see the task's log"
`;
}

/**
 * The command line for ExecuteCommand that runs `words` at the session's terminal, and then writes the exit code, which
 * ECS Exec has no other way for.
 */
export function terminalCommand(words: readonly string[], nonce: string): string {
  // A shell that waits in the foreground dies of the Ctrl-C that was meant for its child, unless it has a trap.
  const script = `trap : INT QUIT${waitForClient('echo')}"$@"; printf '${exitMark(nonce)}' $?`;
  return scriptCommand(script, words);
}

/** The command line without the exit code, for a client that would show it. */
export function plainTerminalCommand(words: readonly string[]): string {
  return scriptCommand(`${waitForClient('echo')}exec "$@"`, words);
}

/** `printf`'s format of the mark: an application program command (ECMA-48), which terminals do not show. */
function exitMark(nonce: string): string {
  return `\\033_${nonce};%d\\033\\\\`;
}

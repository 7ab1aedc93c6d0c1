import { quoteAll } from './quote';

/** Longer than a slow `yum install` takes (about 20 s); after it the shell opens anyway, with a word of why. */
const CLIENT_WAIT_S = 180;

export interface StartOptions {
  /** False for output that goes to a pipe or a file: a pager there would wait for a key that never comes. */
  readonly interactive: boolean;
}

/**
 * The command line for ExecuteCommand that runs `words` once `psql` exists in the container: the stock image installs
 * the client while the task starts, and the task counts as running long before that is done.
 *
 * The agent splits the line as a shell would but runs it without one, so the waiting needs its own `sh`.
 */
export function commandOnceReady(words: readonly string[], { interactive }: StartOptions): string {
  const script = [
    'n=0',
    `until command -v psql >/dev/null 2>&1 || [ "$n" -ge ${CLIENT_WAIT_S * 5} ]; do sleep 0.2; n=$((n+1)); done`,
    `command -v psql >/dev/null 2>&1 || echo "psql is not installed in the container after ${CLIENT_WAIT_S} s: see the task's log" >&2`,
    ...(interactive ? [] : ['export PAGER=cat PSQL_PAGER=cat']),
    'exec "$@"',
  ].join('; ');
  return quoteAll(['sh', '-c', script, 'sh', ...words]);
}

import { Writable } from 'node:stream';
import { Session } from '../../src/session/session';
import { randomBytes } from 'node:crypto';
import { runExec } from '../../src/remote/exec';
import { execCommand } from '../../src/remote/exec-script';
import type { Run } from '../../src/transfer/run';
import type { GatewayHarness } from './gateway';
import { UNSIGNED } from './unsigned';

/** Runs programs through sessions of the gateway, as the helper does in a task. */
export function runThrough(
  gateway: GatewayHarness,
  environment: NodeJS.ProcessEnv,
  onResume: () => void = () => undefined,
): Run {
  return async (words, streams, signal) => {
    const nonce = randomBytes(8).toString('hex');
    const ticket = gateway.start(execCommand({ nonce, words, waitForClient: false }), { environment });
    await using session = await Session.open(ticket, {
      access: UNSIGNED,
      signal,
      resume: () => {
        onResume();
        return Promise.resolve(gateway.gateway.resumeSession(ticket.sessionId));
      },
    });
    return await runExec(session, { nonce, streams, warn: () => undefined, signal, interrupt: () => 'TERM' });
  };
}

/** Forgets what is written. */
export function nowhere(): Writable {
  return new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
}

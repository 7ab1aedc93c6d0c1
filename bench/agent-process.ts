import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { SessionTicket } from '../src/session/session';
import { type Plan, planUrl } from './agent/plan';
import { own } from './children';

export type Opening = Pick<Plan, 'task' | 'protocol'> & Partial<Plan>;

export interface Agent extends AsyncDisposable {
  /** Opens a connection for this plan. */
  ticket(plan: Opening): SessionTicket;
}

/** Starts the fake agent in a process of its own. */
export async function startAgent(): Promise<Agent> {
  const child = fork(join(__dirname, 'agent/main.ts'), [], { execArgv: ['--import', require.resolve('tsx')] });
  const owned = own(child);
  const [port] = (await Promise.race([once(child, 'message'), owned.exited])) as [number];
  return {
    ticket: (plan) => ({
      sessionId: 'bench',
      tokenValue: 'token',
      streamUrl: planUrl(port, { delayMs: 0, bytes: 0, pauseMs: 0, ...plan }),
    }),
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

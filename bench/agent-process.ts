import type { SessionTicket } from '../src/session/session';
import { type Plan, planUrl } from './agent/plan';
import { startServer } from './server-process';

export type Opening = Pick<Plan, 'task' | 'protocol'> & Partial<Plan>;

export interface Agent extends AsyncDisposable {
  /** Opens a connection for this plan. */
  ticket(plan: Opening): SessionTicket;
}

/** Starts the fake agent in a process of its own. */
export async function startAgent(): Promise<Agent> {
  const server = await startServer('bench/agent/main');
  return {
    ticket: (plan) => ({
      sessionId: 'bench',
      tokenValue: 'token',
      streamUrl: planUrl(server.port, { delayMs: 0, bytes: 0, pauseMs: 0, port: 0, ...plan }),
    }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import type { SessionTicket } from '../src/session/session';
import { ownPid } from './children';
import { Tally } from './tally';

/** A client in a process and a terminal of its own, at work on one connection. */
export interface Contender extends AsyncDisposable {
  readonly pid: number;
  readonly tally: Tally;
  /** Types text. */
  write(text: string): void;
}

export type Start = (ticket: SessionTicket) => Contender;

const TSX = require.resolve('tsx');

/** Our `Session` between the terminal's two directions. */
export const startOurs: Start = (ticket) =>
  inTerminal(process.execPath, ['--import', TSX, script('client.ts')], ticket);

/** The same bytes over a websocket without the protocol. */
export const startBare: Start = (ticket) => inTerminal(process.execPath, ['--import', TSX, script('bare.ts')], ticket);

/** The official client that SESSION_MANAGER_PLUGIN names; undefined when it names none. */
export function pluginStart(env: NodeJS.ProcessEnv): Start | undefined {
  const program = env.SESSION_MANAGER_PLUGIN;
  if (program === undefined || program === '') return undefined;
  return (ticket) => {
    const { sessionId, tokenValue, streamUrl } = ticket;
    const response = JSON.stringify({ SessionId: sessionId, TokenValue: tokenValue, StreamUrl: streamUrl });
    const argv = [response, 'ap-northeast-1', 'StartSession', '', JSON.stringify({ Target: 'bench' })];
    return inTerminal(program, [...argv, 'http://127.0.0.1:1'], ticket);
  };
}

function inTerminal(program: string, argv: string[], ticket: SessionTicket): Contender {
  const pty = spawn(program, argv, {
    cols: 80,
    rows: 24,
    encoding: null, // bytes, not text
    env: { ...process.env, BENCH_TICKET: JSON.stringify(ticket), AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
  });
  const owned = ownPid(pty.pid, (ended) => {
    pty.onExit(ended);
  });
  const output = new Readable({ read: () => undefined });
  pty.onData((data) => output.push(data));
  return {
    pid: pty.pid,
    tally: new Tally(output, owned.exited),
    write: (text) => {
      pty.write(text);
    },
    [Symbol.asyncDispose]: async () => {
      await owned[Symbol.asyncDispose]();
      await sleep(50); // the next one starts on a machine at rest
    },
  };
}

function script(name: string): string {
  return join(__dirname, name);
}

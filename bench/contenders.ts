import { spawn as spawnChild } from 'node:child_process';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawn } from '@lydell/node-pty';
import { compiled } from '../src/package';
import type { SessionTicket } from '../src/session/session';
import { own, type Owned, ownPid } from './children';
import { Tally } from './tally';

/** A client in a process of its own, at work on one connection. */
export interface Contender extends AsyncDisposable {
  readonly pid: number;
  readonly tally: Tally;
  /** Types text. */
  write(text: string): void;
}

/** Where a client's input comes from and its output goes to: a person's terminal, or a program's pipes. */
export type Streams = 'terminal' | 'pipes';

export type Start = (ticket: SessionTicket, streams: Streams) => Contender;

/** Our `Session` between the terminal's two directions. */
export const startOurs: Start = (ticket, streams) =>
  START[streams](process.execPath, [compiled('bench/client')], ticket);

/** The same bytes over a websocket without the protocol. */
export const startBare: Start = (ticket, streams) => START[streams](process.execPath, [compiled('bench/bare')], ticket);

/** The official client that SESSION_MANAGER_PLUGIN names; undefined when it names none. */
export function pluginStart(env: NodeJS.ProcessEnv): Start | undefined {
  const program = env.SESSION_MANAGER_PLUGIN;
  if (program === undefined || program === '') return undefined;
  return (ticket, streams) => START[streams](program, pluginArguments(ticket, { Target: 'bench' }), ticket);
}

/** What the AWS CLI passes to a session-manager-plugin. No service is there to be asked for anything more. */
export function pluginArguments(ticket: SessionTicket, request: Readonly<Record<string, string>>): string[] {
  const { sessionId, tokenValue, streamUrl } = ticket;
  const response = JSON.stringify({ SessionId: sessionId, TokenValue: tokenValue, StreamUrl: streamUrl });
  return [response, 'ap-northeast-1', 'StartSession', '', JSON.stringify(request), 'http://127.0.0.1:1'];
}

const START = { terminal: inTerminal, pipes: inPipes };

function inPipes(program: string, argv: string[], ticket: SessionTicket): Contender {
  const child = spawnChild(program, argv, { env: environment(ticket), stdio: ['pipe', 'pipe', 'ignore'] });
  const owned = own(child);
  return {
    pid: owned.pid,
    tally: new Tally(child.stdout, owned.exited),
    write: (text) => void child.stdin.write(text),
    [Symbol.asyncDispose]: () => end(owned),
  };
}

function inTerminal(program: string, argv: string[], ticket: SessionTicket): Contender {
  const pty = spawn(program, argv, {
    cols: 80,
    rows: 24,
    encoding: null, // bytes, not text
    env: environment(ticket),
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
    [Symbol.asyncDispose]: () => end(owned),
  };
}

async function end(owned: Owned): Promise<void> {
  await owned[Symbol.asyncDispose]();
  await sleep(50); // the next one starts on a machine at rest
}

function environment(ticket: SessionTicket): NodeJS.ProcessEnv {
  return { ...process.env, BENCH_TICKET: JSON.stringify(ticket), AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
}

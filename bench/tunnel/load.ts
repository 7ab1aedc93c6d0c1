import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { areLetters, encodeRequest, letters, Role, type Taken } from './protocol';

/** Written at a time. */
const PIECE_BYTES = 64 * 1024;

export interface Transfer {
  readonly connections: number;
  /** Of all connections together. */
  readonly bytes: number;
}

/**
 * MB/s of what comes back over so many connections at once, from the first request to the last byte: not from the first
 * byte, or whoever keeps 32 KB back until they are together would have them for nothing.
 */
export async function downloadRate(port: number, { connections, bytes }: Transfer): Promise<number> {
  const share = Math.ceil(bytes / connections);
  let lastAt = 0;
  const startedAt = performance.now();
  await atOnce(connections, port, async (socket) => {
    let position = 0;
    socket.write(encodeRequest(Role.source, share));
    await new Promise<void>((resolve, reject) => {
      socket.on('data', (data: Buffer) => {
        lastAt = performance.now();
        if (!areLetters(data, position)) reject(new Error('what came is not what was sent'));
        position += data.length;
        if (position === share) resolve();
      });
      socket.once('close', () => {
        reject(new Error(`a connection ended after ${position} of ${share} bytes`));
      });
    });
  });
  return (share * connections) / 1000 / (lastAt - startedAt);
}

/** MB/s of what gets there, by the destination's clock. */
export async function uploadRate(port: number, { connections, bytes }: Transfer): Promise<number> {
  const share = Math.ceil(bytes / connections);
  const taken = await atOnce(connections, port, async (socket) => {
    const answer = lineOf(socket);
    socket.write(encodeRequest(Role.sink, share));
    for (let at = 0; at < share;) {
      const piece = letters(at, Math.min(PIECE_BYTES, share - at));
      at += piece.length;
      if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), answer]);
    }
    return JSON.parse(await answer) as Taken;
  });
  if (!taken.every(({ isRight }) => isRight)) throw new Error('what arrived is not what was sent');
  const firstAt = Math.min(...taken.map((one) => one.firstAt));
  const lastAt = Math.max(...taken.map((one) => one.lastAt));
  return (share * connections) / 1000 / (lastAt - firstAt);
}

/** Milliseconds from a byte to its echo over so many open connections at once, so many on each one after the other. */
export async function roundTrips(port: number, connections: number, count: number): Promise<number[]> {
  const times = await atOnce(connections, port, async (socket) => {
    await roundTrip(socket); // the connection beyond is made with it
    const each: number[] = [];
    for (let turn = 0; turn < count; turn += 1) each.push(await roundTrip(socket));
    return each;
  });
  return times.flat();
}

/** Milliseconds from `connect` to the first byte of an answer, so many times. */
export async function connectTimes(port: number, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    const startedAt = performance.now();
    await atOnce(1, port, roundTrip);
    times.push(performance.now() - startedAt);
  }
  return times;
}

async function roundTrip(socket: Socket): Promise<number> {
  const startedAt = performance.now();
  const echo = once(socket, 'data');
  socket.write(Buffer.of(Role.echo));
  await echo;
  return performance.now() - startedAt;
}

/** Does the same over so many connections, which end with it. */
async function atOnce<T>(connections: number, port: number, work: (socket: Socket) => Promise<T>): Promise<T[]> {
  const sockets = Array.from({ length: connections }, () => connect({ port, host: '127.0.0.1', noDelay: true }));
  try {
    return await Promise.all(
      sockets.map((socket) =>
        Promise.race([
          work(socket),
          once(socket, 'error').then(([error]) => {
            throw error as Error;
          }),
        ]),
      ),
    );
  } finally {
    for (const socket of sockets) {
      socket.on('error', () => undefined);
      socket.destroy();
    }
  }
}

async function lineOf(socket: Socket): Promise<string> {
  let text = '';
  for await (const data of socket) {
    text += String(data);
    if (text.endsWith('\n')) return text;
  }
  throw new Error('a connection ended without an answer');
}

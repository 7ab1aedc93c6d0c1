import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { Connection, type ConnectionLoss } from '../../../src/session/connection';

const FRAME = Buffer.alloc(64 * 1024);
/** More than both kernels' ends of a connection on loopback keep. */
const MOST_FRAMES = 1000;

describe('a connection whose peer takes nothing', () => {
  let server: WebSocketServer;
  let peer: WebSocket;
  let connection: Connection;
  let received: number;
  let sent: number;

  beforeEach(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    received = 0;
    const request = { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, headers: {} };
    connection = await Connection.open(
      { tokenValue: 't' },
      { request, clientId: 'c', onFrame: () => (received += 1), onLost: () => undefined },
    );
    [peer] = (await accepted) as [WebSocket];
    peer.pause();
  });

  afterEach(async () => {
    await connection.close();
    peer.terminate();
    server.close();
  });

  it('is not read until the peer has taken what waits', async () => {
    connection.release();
    await sendUntilHeld();
    peer.resume();
    await until(() => !connection.isHeld);
  });

  it('stays held for its reader when the peer has taken what waits', async () => {
    connection.release();
    await sendUntilHeld();
    connection.hold();
    await take(peer, sent);
    await sleep(100);
    expect(connection.isHeld).toBe(true);
    connection.release();
    expect(connection.isHeld).toBe(false);
  });

  it('is read all the same when nothing leaves, for the peer may be waiting for that', async () => {
    connection.release();
    await sendUntilHeld();
    peer.send(Buffer.from('output'));
    await until(() => received === 1);
    connection.send(FRAME);
    expect(connection.isHeld).toBe(false);
  });

  it('waits for as long as something leaves, though more follows than leaves', async () => {
    connection.release();
    await sendUntilHeld();
    peer.send(Buffer.from('output'));
    // For longer than what stands still may wait.
    for (let turn = 0; turn < 40; turn += 1) {
      sendFrames(30);
      await take(peer, 25);
      await sleep(300);
      expect(connection.isHeld).toBe(true);
    }
    expect(received).toBe(0);
  });

  function sendFrames(count: number): void {
    for (let frame = 0; frame < count; frame += 1) connection.send(FRAME);
  }

  async function sendUntilHeld(): Promise<void> {
    for (sent = 0; sent < MOST_FRAMES && !connection.isHeld; sent += 1) {
      connection.send(FRAME);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(connection.isHeld).toBe(true);
  }
});

it('opening has an end though the answer comes letter by letter, and never all of it', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nX-Letters: ');
    const drip = setInterval(() => socket.write('x'), 50);
    socket.once('close', () => {
      clearInterval(drip);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const request = { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, headers: {} };
  const opening = Connection.open(
    { tokenValue: 't' },
    { request, clientId: 'c', onFrame: () => undefined, onLost: () => undefined, openLimitMs: 500 },
  );
  await expect(opening).rejects.toThrow(/closed before the connection was established/);
  await new Promise((resolve) => server.close(resolve));
});

describe('what comes', () => {
  let server: WebSocketServer;
  let peer: WebSocket;
  let connection: Connection;
  const losses: ConnectionLoss[] = [];
  /** Settles with the first frame. */
  let heard: Promise<void>;

  beforeEach(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    losses.length = 0;
    let onFrame: () => void = () => undefined;
    heard = new Promise((resolve) => (onFrame = resolve));
    const request = { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, headers: {} };
    connection = await Connection.open(
      { tokenValue: 't' },
      { request, clientId: 'c', onFrame, onLost: (loss) => losses.push(loss) },
    );
    [peer] = (await accepted) as [WebSocket];
    connection.release();
  });

  afterEach(async () => {
    await connection.close();
    peer.terminate();
    server.close();
  });

  it('may have 64 KiB and no more: the connection ends, and another would be no better', async () => {
    peer.send(Buffer.alloc(64 * 1024));
    peer.send(Buffer.alloc(64 * 1024 + 1));
    await until(() => losses.length > 0);
    expect(losses).toEqual([
      { reason: 'a message of more than 64 KiB came', isEarly: false, isRefusal: false, isViolation: true },
    ]);
  });

  it('is answered when it is a ping', async () => {
    const answered = once(peer, 'pong');
    peer.ping('a');
    expect(String((await answered)[0])).toBe('a');
  });

  it('is answered no more, nor is anything sent, when too much waits to leave', async () => {
    // A real peer that takes nothing is not read long before that.
    const full = jest.spyOn(WebSocket.prototype, 'bufferedAmount', 'get').mockReturnValue(16 * 1024 * 1024 + 1);
    const sent: string[] = [];
    peer.on('message', (data: Buffer, isBinary) => {
      if (isBinary) sent.push(data.toString());
    });
    peer.on('pong', (data: Buffer) => sent.push(data.toString()));
    try {
      connection.send(Buffer.from('lost'));
      peer.ping('lost');
      peer.send(Buffer.from('the last'));
      await heard;
    } finally {
      full.mockRestore();
    }
    connection.send(Buffer.from('sent'));
    await until(() => sent.length > 0);
    expect(sent).toEqual(['sent']);
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10);
}

/** No more than so many frames: several may be emitted at once, so they are counted where they are emitted. */
async function take(peer: WebSocket, frames: number): Promise<void> {
  let taken = 0;
  await new Promise<void>((resolve) => {
    peer.on('message', function count() {
      taken += 1;
      if (taken < frames) return;
      peer.off('message', count);
      peer.pause();
      resolve();
    });
    peer.resume();
  });
}

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { Connection } from '../../../src/session/connection';

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

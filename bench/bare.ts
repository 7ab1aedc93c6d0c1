import { WebSocket } from 'ws';
import { CHUNK_BYTES } from './content';
import type { SessionTicket } from '../src/session/session';

/** Bytes that the kernel has not taken yet; above it the terminal is not read. */
const MAX_WAITING_BYTES = 256 * 1024;

// The limit: the same payloads over a websocket, without a protocol.
const { streamUrl } = JSON.parse(process.env.BENCH_TICKET ?? '') as SessionTicket;
const socket = new WebSocket(streamUrl, { perMessageDeflate: false });
if (process.stdin.isTTY) process.stdin.setRawMode(true);
socket.on('message', (data: Buffer) => process.stdout.write(data));
socket.on('open', () => {
  socket.send('bench');
  process.stdin.on('data', (data: Buffer) => {
    for (let at = 0; at < data.length; at += CHUNK_BYTES) {
      socket.send(data.subarray(at, at + CHUNK_BYTES), () => {
        if (socket.bufferedAmount < MAX_WAITING_BYTES) process.stdin.resume();
      });
    }
    if (socket.bufferedAmount >= MAX_WAITING_BYTES) process.stdin.pause();
  });
});

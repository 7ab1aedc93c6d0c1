import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { areLetters, letters, REQUEST_LENGTH, Role, type Taken } from './protocol';

/** Written at a time. */
const PIECE_BYTES = 64 * 1024;

// Where the tunnels lead, a process of its own: it tells its parent the port, and does what each connection asks for.
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => undefined);
  socket.once('readable', () => void serve(socket));
});

async function serve(socket: Socket): Promise<void> {
  const request = socket.read(1) as Buffer | null;
  if (request === null) return; // it has ended
  if (request[0] === Role.echo) {
    socket.write(request);
    socket.pipe(socket);
    return;
  }
  let size: Buffer | null = null;
  for (; size === null && !socket.destroyed; size = socket.read(REQUEST_LENGTH - 1) as Buffer | null) {
    if (socket.readableLength < REQUEST_LENGTH - 1)
      await Promise.race([once(socket, 'readable'), once(socket, 'close')]);
  }
  if (size === null) return;
  const bytes = size.readUInt32BE(0);
  if (request[0] === Role.source) await give(socket, bytes);
  else take(socket, bytes);
}

async function give(socket: Socket, bytes: number): Promise<void> {
  const closed = once(socket, 'close');
  for (let at = 0; at < bytes && !socket.destroyed;) {
    const piece = letters(at, Math.min(PIECE_BYTES, bytes - at));
    at += piece.length;
    if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), closed]);
  }
  socket.end();
}

function take(socket: Socket, bytes: number): void {
  const taken = { firstAt: 0, lastAt: 0, isRight: true };
  let position = 0;
  socket.on('data', (data: Buffer) => {
    taken.lastAt = performance.now();
    if (position === 0) taken.firstAt = taken.lastAt;
    taken.isRight &&= areLetters(data, position);
    position += data.length;
    if (position >= bytes) socket.end(`${JSON.stringify(taken satisfies Taken)}\n`);
  });
}

server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.once('disconnect', () => process.exit(0));

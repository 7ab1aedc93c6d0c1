import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { DelayLine } from '../agent/delay-line';

/** Where the relay leads, on 127.0.0.1, and how long a way it is. */
export interface RelayPlan {
  readonly port: number;
  /** Each way, in ms. */
  readonly delayMs: number;
}

/** On the long line; above it its sender waits, as a TCP window would have it. */
const MAX_UNDERWAY_BYTES = 4 * 1024 * 1024;

// The limit: the same connections over the same line, without a session.
const { port, delayMs } = JSON.parse(process.env.BENCH_RELAY ?? '') as RelayPlan;
const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  const destination = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  if (delayMs === 0) {
    socket.pipe(destination).pipe(socket);
  } else {
    carry(socket, destination);
    carry(destination, socket);
  }
  for (const [one, other] of [
    [socket, destination],
    [destination, socket],
  ] as const) {
    one.on('error', () => undefined);
    one.on('close', () => {
      other.destroySoon();
    });
  }
});

/** One direction, as long as the line is. */
function carry(from: Socket, to: Socket): void {
  let underway = 0;
  const line = new DelayLine<Buffer | undefined>(delayMs, (piece) => {
    if (piece === undefined) {
      to.end();
      return;
    }
    to.write(piece, () => {
      underway -= piece.length;
      if (underway <= MAX_UNDERWAY_BYTES) from.resume();
    });
  });
  from.on('data', (piece: Buffer) => {
    underway += piece.length;
    line.push(piece);
    if (underway > MAX_UNDERWAY_BYTES) from.pause();
  });
  from.on('end', () => {
    line.push(undefined);
  });
}

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`Port ${(server.address() as AddressInfo).port} opened.\n`);
});

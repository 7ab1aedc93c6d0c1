import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { ProtocolError } from '../../../src/errors';
import { SmuxClient } from '../../../src/tunnel/smux/client';
import { encodeFrames } from '../../../src/tunnel/smux/frame';
import type { SmuxStream } from '../../../src/tunnel/smux/stream';
import { generator } from '../../support/random';

const SEEDS = Number(process.env.SEEDS ?? 100);
const MAX_BACKLOG_BYTES = 1024 * 1024;
/** What is read before anybody can say that it is enough: a piece, and what two streams keep for their readers. */
const SLACK_BYTES = 1024 * 1024;
const STREAMS = 5;

/** One thing that a server does which keeps to nothing: at most some hundred kilobytes. */
function misbehaviour(random: () => number): Buffer {
  const integer = (below: number): number => Math.floor(random() * below);
  const streamId = [3 + 2 * integer(STREAMS), integer(2 ** 32), 0, 0xffff_ffff][integer(4)] ?? 0;
  const command = (value: number, times = 1): Buffer =>
    encodeFrames(Array.from({ length: times }, () => ({ command: value as 0, streamId, data: Buffer.alloc(0) })));
  const data = (length: number, times: number): Buffer =>
    encodeFrames(Array.from({ length: times }, () => ({ command: 2, streamId, data: Buffer.alloc(length) })));
  switch (integer(8)) {
    case 0:
      return command(0, 1000); // streams that nobody asked for
    case 1:
      return command(1, 3);
    case 2:
      return command(3, 10_000);
    case 3:
      return data(1, 2000);
    case 4:
      return data(0xffff, 8);
    case 5:
      return data(0xffff, 1).subarray(0, 1 + integer(1000)); // the next bytes are data, whatever they look like
    case 6:
      return data(0, 1000);
    default:
      return random() < 0.3 ? Buffer.from(Array.from({ length: 20 }, () => integer(256))) : command(3);
  }
}

/** Some read, some do not, one goes away. */
function streamsOf(client: SmuxClient): SmuxStream[] {
  return Array.from({ length: STREAMS }, (_, index) => {
    const stream = client.openStream();
    stream.on('error', () => undefined);
    if (index % 2 === 0) stream.resume();
    if (index === STREAMS - 1) stream.destroy();
    return stream;
  });
}

/** Settles when it has an end: what the server had ended before may still be read. */
async function over(stream: SmuxStream): Promise<void> {
  stream.resume();
  while (!stream.destroyed && !stream.readableEnded) await turn();
}

it(`a server that keeps to nothing fills no memory, and what is no smux ends all streams (${SEEDS} seeds)`, async () => {
  let failures = 0;
  for (let seed = 0; seed < SEEDS; seed += 1) {
    const random = generator(seed);
    const [input, output] = [new PassThrough(), new PassThrough()];
    input.resume();
    let failure: ProtocolError | undefined;
    const client = new SmuxClient(
      { input, output },
      { maxBacklogBytes: MAX_BACKLOG_BYTES, onFailure: (error) => (failure = error) },
    );
    const streams = streamsOf(client);
    for (let step = 0; step < 30 && failure === undefined; step += 1) {
      output.write(misbehaviour(random));
      await turn();
      const kept = streams.reduce((sum, { backlog, readableLength }) => sum + backlog + readableLength, 0);
      if (kept > MAX_BACKLOG_BYTES + SLACK_BYTES) throw new Error(`seed ${seed}: ${kept} bytes are kept`);
    }
    if (failure !== undefined) {
      failures += 1;
      for (const stream of streams) await over(stream);
      if (!/^smux (version|command) /.test(failure.message)) throw new Error(`seed ${seed}: ${failure.message}`);
    }
    client.close();
  }
  // The seeds reach what they are for.
  expect(failures).toBeGreaterThan(SEEDS / 10);
  expect(failures).toBeLessThan(SEEDS);
});

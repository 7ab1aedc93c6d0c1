import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { SlowReaderError, SmuxClient } from '../../../src/tunnel/smux/client';
import type { SmuxOptions } from '../../../src/tunnel/smux/options';
import type { SmuxStream } from '../../../src/tunnel/smux/stream';
import { type ServerStream, SmuxServer } from '../../support/smux-server';

const clients: SmuxClient[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

interface Pair {
  readonly client: SmuxClient;
  readonly server: SmuxServer;
  readonly input: PassThrough;
  readonly output: PassThrough;
}

/** A client and a server, each in the other's ear. */
function pair(options: SmuxOptions = {}, onFrame?: (stream: ServerStream | undefined, command: string) => void): Pair {
  const [input, output] = [new PassThrough({ highWaterMark: 1 }), new PassThrough()];
  const server = new SmuxServer((bytes) => void output.write(bytes), onFrame);
  input.on('data', (bytes: Buffer) => {
    server.take(bytes);
  });
  const client = new SmuxClient({ input, output }, options);
  clients.push(client);
  return { client, server, input, output };
}

/** Waits until it is so; only turns of the event loop pass. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

const commands = (server: SmuxServer): string[] =>
  server.frames.map(({ command, streamId }) => `${command} ${streamId}`);

it('opens odd streams from 3, and each has its own bytes', async () => {
  const { client, server } = pair();
  const [one, two] = [client.openStream(), client.openStream()];
  one.end('for one');
  two.end('for two');
  await until(() => commands(server).filter((command) => command.startsWith('FIN')).length === 2);
  expect(commands(server).filter((command) => command.startsWith('SYN'))).toEqual(['SYN 3', 'SYN 5']);
  expect([server.stream(3), server.stream(5)].map(({ received }) => received.toString())).toEqual([
    'for one',
    'for two',
  ]);
  server.stream(5).write(Buffer.from('of two'));
  server.stream(3).write(Buffer.from('of one'));
  for (const id of [3, 5]) server.stream(id).end();
  expect([(await buffer(one)).toString(), (await buffer(two)).toString()]).toEqual(['of one', 'of two']);
});

it('takes what came before it was there', async () => {
  const output = new PassThrough();
  output.write(Buffer.from([1, 3, 0, 0, 0, 0, 0, 0, 1, 2, 2, 0]));
  const client = new SmuxClient({ input: new PassThrough(), output });
  clients.push(client);
  const stream = client.openStream();
  output.write(Buffer.from([3, 0, 0, 0, 104, 105]));
  expect(((await once(stream, 'data')) as [Buffer])[0].toString()).toBe('hi');
});

it('reads on after its own end, and ends by itself when both have', async () => {
  const { client, server } = pair();
  const stream = client.openStream();
  stream.end('question');
  await until(() => server.frames.some(({ command }) => command === 'FIN'));
  server.stream(3).write(Buffer.from('answer'));
  server.stream(3).end();
  expect((await buffer(stream)).toString()).toBe('answer');
  await until(() => stream.destroyed);
  expect(stream.errored).toBeNull();
  expect(commands(server)).toEqual(['SYN 3', 'PSH 3', 'FIN 3']);
});

describe('when the other side has closed', () => {
  it('what was sent can still be read, and what is written is dropped meanwhile', async () => {
    const { client, server } = pair();
    const stream = client.openStream();
    await until(() => server.frames.length === 1);
    server.stream(3).write(Buffer.alloc(200_000, 'x'));
    server.stream(3).end();
    await turn();
    stream.write('too late');
    expect(await buffer(stream)).toHaveLength(200_000);
    expect(commands(server)).toEqual(['SYN 3']);
  });

  it('writing fails as to a closed socket, once all is read', async () => {
    const { client, server } = pair();
    const stream = client.openStream();
    await until(() => server.frames.length === 1);
    server.stream(3).end();
    stream.resume();
    await once(stream, 'end');
    stream.write('too late');
    const [error] = (await once(stream, 'error')) as [Error];
    expect(error).toMatchObject({ code: 'EPIPE' });
  });
});

it('a stream that is destroyed ends on the other side too, and what still comes for it is dropped', async () => {
  const { client, server, input } = pair();
  const [gone, other] = [client.openStream(), client.openStream()];
  gone.write(Buffer.alloc(1_000_000));
  const stop = (): void => {
    if (server.frames.length >= 10) input.pause();
  };
  input.on('data', stop);
  await until(() => input.isPaused());
  input.off('data', stop);
  gone.destroy();
  input.resume();
  await until(() => server.stream(3).hasEnded);
  expect(server.stream(3).received.length).toBeLessThan(100_000);
  server.stream(3).write(Buffer.from('what for?'));
  server.stream(3).end();
  server.stream(5).write(Buffer.from('hello'));
  server.stream(5).end();
  other.end();
  expect((await buffer(other)).toString()).toBe('hello');
});

it('a stream that is destroyed before it was begun is never heard of', async () => {
  const { client, server } = pair();
  client.openStream().destroy();
  client.openStream().end();
  await until(() => server.frames.some(({ command }) => command === 'FIN'));
  expect(commands(server)).toEqual(['SYN 5', 'FIN 5']);
});

it('a stream that ends without a byte may have a reason, and one that has said something has none', async () => {
  const reason = new Error('refused');
  const reasons = [reason];
  const { client, server } = pair({ explainSilentEnd: () => reasons.pop() });
  const [heard, refused, silent] = [client.openStream(), client.openStream(), client.openStream()];
  const failed = once(refused, 'error');
  await until(() => server.frames.length === 3);
  server.stream(3).write(Buffer.from('connected'));
  for (const id of [3, 5, 7]) server.stream(id).end();
  expect(await failed).toEqual([reason]);
  expect((await buffer(heard)).toString()).toBe('connected');
  expect((await buffer(silent)).toString()).toBe('');
});

describe('a server that closes both ways at a FIN', () => {
  const GRACE_MS = 40;

  it('gets it when it has been silent for a while, and not while it talks', async () => {
    let isUp = false;
    const { client, server } = pair({ finAfterQuietMs: GRACE_MS, isLinkUp: () => isUp });
    const stream = client.openStream();
    stream.end('question');
    await until(() => server.frames.length === 2);
    // While the link is away silence says nothing: the answer may be on its way.
    await new Promise((resolve) => setTimeout(resolve, 3 * GRACE_MS));
    expect(commands(server)).toEqual(['SYN 3', 'PSH 3']);
    isUp = true;
    await until(() => server.stream(3).hasEnded);
  });

  it('gets it at once with its own', async () => {
    const { client, server } = pair({ finAfterQuietMs: 60_000 });
    const stream = client.openStream();
    stream.end('question');
    stream.resume();
    await until(() => server.frames.length === 2);
    server.stream(3).end();
    await once(stream, 'close');
    await until(() => server.stream(3).hasEnded);
  });
});

describe('a reader that does not come', () => {
  const PIECE = Buffer.alloc(30_000, 'x');

  it('keeps nobody waiting while there is room', async () => {
    const { client, server } = pair();
    const [slow, fast] = [client.openStream(), client.openStream()];
    await until(() => server.frames.length === 2);
    for (let piece = 0; piece < 100; piece += 1) server.stream(3).write(PIECE);
    server.stream(5).write(PIECE);
    server.stream(5).end();
    fast.end();
    expect(await buffer(fast)).toHaveLength(PIECE.length);
    server.stream(3).end();
    slow.end();
    expect(await buffer(slow)).toHaveLength(100 * PIECE.length);
  });

  it('holds the link when it is alone and there is no more room, for as long as it likes', async () => {
    const { client, server, output } = pair({ maxBacklogBytes: 200_000, maxHeldMs: 5 });
    const slow = client.openStream();
    await until(() => server.frames.length === 1);
    for (let piece = 0; piece < 100; piece += 1) server.stream(3).write(PIECE);
    server.stream(3).end();
    await until(() => output.isPaused());
    expect(slow.backlog).toBeLessThan(300_000);
    await new Promise((resolve) => setTimeout(resolve, 30));
    slow.end();
    expect(await buffer(slow)).toHaveLength(100 * PIECE.length);
  });

  it('may take its time beside one that nobody uses', async () => {
    const { client, server, output } = pair({ maxBacklogBytes: 200_000, maxHeldMs: 5 });
    const [slow, idle] = [client.openStream(), client.openStream()];
    await until(() => server.frames.length === 2);
    await new Promise((resolve) => setTimeout(resolve, 30)); // long ago, as five milliseconds go
    for (let piece = 0; piece < 100; piece += 1) server.stream(3).write(PIECE);
    server.stream(3).end();
    await until(() => output.isPaused());
    await new Promise((resolve) => setTimeout(resolve, 30));
    slow.end();
    expect(await buffer(slow)).toHaveLength(100 * PIECE.length);
    expect(idle.destroyed).toBe(false);
  });

  it('is given up when others have to wait for it', async () => {
    const { client, server, output } = pair({ maxBacklogBytes: 200_000, maxHeldMs: 5 });
    const [slow, fast] = [client.openStream(), client.openStream()];
    const failed = once(slow, 'error');
    await until(() => server.frames.length === 2);
    for (let piece = 0; piece < 100; piece += 1) server.stream(3).write(PIECE);
    server.stream(5).write(PIECE);
    server.stream(5).end();
    // It is in use as long as the other has not been given up, however long that takes.
    while (!slow.destroyed && !fast.destroyed) {
      fast.write('more');
      await turn();
    }
    fast.end();
    expect(await failed).toEqual([expect.any(SlowReaderError)]);
    expect(await buffer(fast)).toHaveLength(PIECE.length);
    expect(output.isPaused()).toBe(false);
  });
});

it('a writer waits while its bytes have no turn', async () => {
  const { client, input } = pair();
  input.pause();
  const stream: SmuxStream = client.openStream();
  while (stream.write(Buffer.alloc(10_000)));
  await turn();
  expect(stream.writableNeedDrain).toBe(true);
  expect(input.readableLength + input.writableLength).toBeLessThan(6000);
  input.resume();
  await once(stream, 'drain');
});

it('says so often that it lives', async () => {
  const { server } = pair({ keepAliveMs: 2 });
  await until(() => server.frames.length >= 3);
  expect(commands(server).slice(0, 3)).toEqual(['NOP 0', 'NOP 0', 'NOP 0']);
});

describe('when nothing has gone either way for a while', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  const nops = (server: SmuxServer): number => server.frames.filter(({ command }) => command === 'NOP').length;

  it('it says that it lives, once each time', async () => {
    const { server } = pair({ quietMs: 1000 });
    jest.advanceTimersByTime(999);
    await turn();
    expect(nops(server)).toBe(0);
    jest.advanceTimersByTime(1);
    await until(() => nops(server) === 1);
    jest.advanceTimersByTime(1000);
    await until(() => nops(server) === 2);
  });

  it('it waits anew after bytes of either side', async () => {
    const { client, server } = pair({ quietMs: 1000 });
    jest.advanceTimersByTime(900);
    const stream = client.openStream();
    await until(() => server.frames.length === 1);
    jest.advanceTimersByTime(900);
    server.stream(3).write(Buffer.from('something'));
    await once(stream, 'data');
    jest.advanceTimersByTime(900);
    await turn();
    expect(commands(server)).toEqual(['SYN 3']);
    jest.advanceTimersByTime(100);
    await until(() => nops(server) === 1);
  });

  it('it is silent after its end', () => {
    const { client } = pair({ quietMs: 1000, keepAliveMs: 1000 });
    client.close();
    expect(jest.getTimerCount()).toBe(0);
  });
});

it('what is no smux ends all streams, and is told', async () => {
  const onFailure = jest.fn();
  const { client, output } = pair({ onFailure });
  const failed = once(client.openStream(), 'error');
  output.write(Buffer.from('HTTP/1.1 200 OK'));
  expect(String(await failed)).toMatch(/smux version is 72, expected 1/);
  expect(onFailure).toHaveBeenCalledTimes(1);
  expect(() => client.openStream()).toThrow(/after the end/);
});

it('at the end what has said all can still be read, and the rest has the reason', async () => {
  const { client, server } = pair();
  const [whole, broken] = [client.openStream(), client.openStream()];
  await until(() => server.frames.length === 2);
  server.stream(3).write(Buffer.from('all'));
  server.stream(3).end();
  server.stream(5).write(Buffer.from('a part'));
  const failed = once(broken, 'error');
  client.close(new Error('lost'));
  expect(await failed).toEqual([new Error('lost')]);
  whole.end('nobody hears it');
  expect((await buffer(whole)).toString()).toBe('all');
  await until(() => whole.destroyed);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex, PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { UserError } from '../../../src/errors';
import { Listener, type ListenerOptions, PortNotFreeError } from '../../../src/tunnel/listener';
import { SocketNotFreeError } from '../../../src/tunnel/unix-socket';

const dial = (port: number): Socket => connect({ port, host: '127.0.0.1', allowHalfOpen: true });
const open = (connectTo: ListenerOptions['connect'], more: Partial<ListenerOptions> = {}): Promise<Listener> =>
  Listener.open({ port: 0, connect: connectTo, ...more });

/** Both ends of a connection without a network. */
function pair(): { remote: Duplex; far: { said: PassThrough; hears: PassThrough } } {
  const [said, hears] = [new PassThrough(), new PassThrough()];
  return { remote: Duplex.from({ readable: said, writable: hears }), far: { said, hears } };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

it('listens on this machine alone', async () => {
  await using listener = await open(() => Promise.reject(new Error('nobody')));
  expect(listener.port).toBeGreaterThan(0);
  await expect(once(connect({ port: listener.port, host: '127.0.0.2' }), 'connect')).rejects.toThrow('ECONNREFUSED');
});

describe('a port that is taken', () => {
  const taken = async (run: (port: number) => Promise<void>): Promise<void> => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    await run((server.address() as AddressInfo).port);
    server.close();
  };

  it('is another', async () => {
    await taken(async (port) => {
      await using listener = await open(() => Promise.reject(new Error('nobody')), { port });
      expect(listener.port).not.toBe(port);
    });
  });

  it('is an error where it must be that one', async () => {
    await taken(async (port) => {
      const opening = open(() => Promise.reject(new Error('nobody')), { port, ifTaken: 'fail' });
      await expect(opening).rejects.toThrow(PortNotFreeError);
      await expect(opening).rejects.toThrow(UserError);
    });
  });
});

describe('a unix socket', () => {
  const nobody = (): Promise<never> => Promise.reject(new Error('nobody'));
  const directory = mkdtempSync(join(tmpdir(), 'listener-'));
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it('carries bytes, has the number that was asked for, and goes', async () => {
    const path = join(directory, 'one');
    const { remote, far } = pair();
    {
      await using listener = await open(() => Promise.resolve(remote), { path, port: 5432 });
      expect(listener.port).toBe(5432);
      const socket = connect({ path, allowHalfOpen: true });
      socket.end('question');
      expect((await buffer(far.hears)).toString()).toBe('question');
      far.said.end('answer');
      expect((await buffer(socket)).toString()).toBe('answer');
    }
    expect(existsSync(path)).toBe(false);
  });

  it('closes a connection that cannot be made', async () => {
    const path = join(directory, 'closed');
    await using _ = await open(nobody, { path });
    await once(connect({ path }), 'close');
  });

  it('is not taken from whoever listens on it, nor from a file', async () => {
    const [path, file] = [join(directory, 'taken'), join(directory, 'file')];
    await using _ = await open(nobody, { path });
    await expect(open(nobody, { path })).rejects.toThrow(SocketNotFreeError);
    await once(connect({ path }), 'connect');
    writeFileSync(file, 'mine');
    await expect(open(nobody, { path: file })).rejects.toThrow(`${file} is there already, and is no socket`);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('is taken over from a process that was killed', async () => {
    const path = join(directory, 'left');
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', script]), 'exit');
    expect(existsSync(path)).toBe(true);
    await using _ = await open(nobody, { path });
    await once(connect({ path }), 'connect');
  });
});

it('carries each direction to its own end', async () => {
  const { remote, far } = pair();
  await using listener = await open(() => Promise.resolve(remote));
  const socket = dial(listener.port);
  socket.end('question');
  expect((await buffer(far.hears)).toString()).toBe('question');
  far.said.write('answer, ');
  await once(socket, 'data');
  far.said.end('and more');
  expect((await buffer(socket)).toString()).toBe('and more');
  await until(() => listener.connections === 0);
});

it('hands on the end of the far side, and what the near side still says', async () => {
  const { remote, far } = pair();
  await using listener = await open(() => Promise.resolve(remote));
  const socket = dial(listener.port);
  far.said.end();
  socket.resume();
  await once(socket, 'end');
  socket.end('last words');
  expect((await buffer(far.hears)).toString()).toBe('last words');
});

it('keeps what comes before there is somebody to take it', async () => {
  const { remote, far } = pair();
  let arrive: (remote: Duplex) => void = () => undefined;
  const coming = new Promise<Duplex>((resolve) => (arrive = resolve));
  await using listener = await open(() => coming);
  const socket = dial(listener.port);
  socket.end('early');
  await until(() => listener.connections === 1);
  arrive(remote);
  expect((await buffer(far.hears)).toString()).toBe('early');
  far.said.end();
  socket.resume();
  await once(socket, 'close');
});

it('holds either side back while the other does not read', async () => {
  const { remote, far } = pair();
  await using listener = await open(() => Promise.resolve(remote));
  const socket = dial(listener.port);
  await once(socket, 'connect');
  const LIMIT = 64 * 1024 * 1024; // many times what sockets keep
  const [uploaded, downloaded] = await Promise.all([fill(socket, LIMIT), fill(far.said, LIMIT)]);
  expect(uploaded).toBeLessThan(LIMIT);
  expect(downloaded).toBeLessThan(LIMIT);
  socket.end();
  far.said.end();
  const [heard, received] = await Promise.all([lengthOf(far.hears), lengthOf(socket)]);
  expect([heard, received]).toEqual([uploaded, downloaded]);
});

/** How many bytes come. `buffer` would destroy a socket at the end of what it reads, whatever that has still to send. */
async function lengthOf(from: Duplex): Promise<number> {
  let length = 0;
  from.on('data', (chunk: Buffer) => (length += chunk.length));
  await once(from, 'end');
  return length;
}

/** Writes until nothing more is taken. @returns the bytes */
async function fill(to: Duplex, limit: number): Promise<number> {
  const piece = Buffer.alloc(1024 * 1024);
  let written = 0;
  for (let isFull = false; !isFull && written < limit;) {
    written += piece.length;
    if (to.write(piece)) continue;
    const drained = once(to, 'drain').then(() => false);
    // No event says that nobody will come: so many turns in which nobody came do.
    const full = (async () => {
      for (let turns = 0; turns < 500; turns += 1) await turn();
      return true;
    })();
    isFull = await Promise.race([drained, full]);
  }
  return written;
}

it('resets a socket that nobody takes, and says why', async () => {
  const onFailure = jest.fn();
  await using listener = await open(() => Promise.reject(new UserError('refused')), { onFailure });
  await expect(buffer(dial(listener.port))).rejects.toThrow('ECONNRESET');
  expect(onFailure).toHaveBeenCalledWith(new UserError('refused'));
});

it('resets a socket whose far side breaks, and says why', async () => {
  const remote = new PassThrough();
  const onFailure = jest.fn();
  await using listener = await open(() => Promise.resolve(remote), { onFailure });
  const socket = dial(listener.port);
  socket.write('hello');
  await once(socket, 'data');
  remote.destroy(new Error('broken'));
  await expect(buffer(socket)).rejects.toThrow('ECONNRESET');
  expect(onFailure).toHaveBeenCalledWith(new Error('broken'));
});

it('destroys the far side when a socket breaks', async () => {
  const remote = new PassThrough();
  await using listener = await open(() => Promise.resolve(remote));
  const socket = dial(listener.port);
  socket.write('hello');
  await once(socket, 'data');
  socket.resetAndDestroy();
  await once(remote, 'close');
});

it('destroys a far side that comes too late', async () => {
  const remote = new PassThrough();
  let arrive: (remote: Duplex) => void = () => undefined;
  const coming = new Promise<Duplex>((resolve) => (arrive = resolve));
  await using listener = await open(() => coming);
  const socket = dial(listener.port);
  await until(() => listener.connections === 1);
  socket.on('error', () => undefined).resetAndDestroy();
  await turn();
  arrive(remote);
  await once(remote, 'close');
  await until(() => listener.connections === 0);
});

it('at its end resets what is left, and leaves nothing open', async () => {
  const remotes = [new PassThrough(), new PassThrough()];
  const ends: Promise<unknown>[] = [];
  const accepted = jest.fn();
  {
    const free = [...remotes];
    await using listener = await open(() => Promise.resolve(free.pop() ?? new PassThrough()), {
      onConnection: accepted,
    });
    for (const socket of [dial(listener.port), dial(listener.port)]) {
      ends.push(expect(once(socket, 'close')).rejects.toThrow('ECONNRESET'));
      socket.write('hello');
      await new Promise((resolve) => socket.once('data', resolve));
    }
  }
  await Promise.all(ends);
  expect(remotes.every(({ destroyed }) => destroyed)).toBe(true);
  expect(accepted).toHaveBeenCalledTimes(2);
});

it('closes a connection whose end is on its way at that moment', async () => {
  const { remote, far } = pair();
  const listener = await open(() => Promise.resolve(remote));
  const socket = dial(listener.port);
  const all = buffer(socket);
  await once(socket, 'connect');
  // As soon as the near side was told of the end, and before its socket has said so.
  const disposed = new Promise<void>((resolve) => {
    remote.once('end', () => {
      process.nextTick(() => {
        resolve(listener[Symbol.asyncDispose]());
      });
    });
  });
  far.said.end('all');
  await disposed;
  await until(() => listener.connections === 0);
  expect((await all).toString()).toBe('all');
});

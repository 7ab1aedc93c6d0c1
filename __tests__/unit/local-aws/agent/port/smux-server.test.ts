import { SmuxServer } from '../../../../../src/local-aws/agent/port/smux-server';
import type { SmuxStream } from '../../../../../src/local-aws/agent/port/smux-stream';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** PSH, length u16 LE, stream id u32 LE. */
const push = (streamId: number, data: Buffer): Buffer => {
  const header = hex('01 02 0000 00000000');
  header.writeUInt16LE(data.length, 2);
  header.writeUInt32LE(streamId, 4);
  return Buffer.concat([header, data]);
};
const OPEN_3 = hex('01 00 0000 03000000');
const OPEN_5 = hex('01 00 0000 05000000');
const FINISH_3 = hex('01 01 0000 03000000');
const MEGABYTE = 1024 * 1024;

let smux: SmuxServer;
beforeEach(() => {
  smux = new SmuxServer();
});
afterEach(() => {
  smux[Symbol.dispose]();
});

async function accepted(): Promise<SmuxStream> {
  const stream = await smux.accept();
  if (stream === undefined) throw new Error('no stream was opened');
  return stream;
}

async function read(stream: SmuxStream): Promise<string | undefined> {
  const bytes = await stream.read();
  if (bytes !== undefined) stream.release(bytes);
  return bytes?.toString();
}

describe('streams', () => {
  it('are opened by SYN, carry the data of PSH, and end with FIN', async () => {
    await smux.input.write(Buffer.concat([OPEN_3, hex('01 02 0500 03000000'), Buffer.from('there'), FINISH_3]));
    const stream = await accepted();
    expect(stream.id).toBe(3);
    expect([await read(stream), await read(stream)]).toEqual(['there', undefined]);
  });

  it('are the same however the bytes are cut', async () => {
    const bytes = Buffer.concat([OPEN_3, push(3, Buffer.from('a')), OPEN_5, push(5, Buffer.from('b')), FINISH_3]);
    for (const byte of bytes) await smux.input.write(Buffer.from([byte]));
    const [three, five] = [await accepted(), await accepted()];
    expect([await read(three), await read(three), await read(five)]).toEqual(['a', undefined, 'b']);
  });

  it('answer in PSH frames of at most 32768 bytes, and FIN', async () => {
    await smux.input.write(OPEN_3);
    const stream = await accepted();
    await stream.write(Buffer.alloc(32_769, 'x'));
    await stream.close();
    expect(await smux.output.readAll(8)).toEqual(hex('01 02 0080 03000000'));
    await smux.output.readAll(32_768);
    expect(await smux.output.readAll(17)).toEqual(hex('01 02 0100 03000000 78 01 01 0000 03000000'));
    expect(await stream.write(Buffer.from('late'))).toBe(false);
  });

  it('take turns when they have much to say', async () => {
    await smux.input.write(Buffer.concat([OPEN_3, OPEN_5]));
    const streams = [await accepted(), await accepted()];
    for (const stream of streams) void stream.write(Buffer.alloc(MEGABYTE));
    const ids: number[] = [];
    for (let frame = 0; frame < 40; frame += 1) {
      const header = await smux.output.readAll(8);
      ids.push(header?.readUInt32LE(4) ?? 0);
      await smux.output.readAll(header?.readUInt16LE(2) ?? 0);
    }
    expect(ids.slice(0, 10).toSorted()).toEqual([3, 3, 3, 3, 3, 5, 5, 5, 5, 5]);
    expect(ids.filter((id) => id === 3)).toHaveLength(20);
  });

  it('that are closed throw away what comes for them', async () => {
    await smux.input.write(OPEN_3);
    const stream = await accepted();
    await stream.close();
    await smux.input.write(Buffer.concat([push(3, Buffer.from('late')), FINISH_3, OPEN_5]));
    expect((await accepted()).id).toBe(5);
    expect(await stream.read()).toBeUndefined();
  });

  it('are not opened twice', async () => {
    await smux.input.write(Buffer.concat([OPEN_3, OPEN_3, OPEN_5]));
    expect([(await accepted()).id, (await accepted()).id]).toEqual([3, 5]);
  });
});

describe('a session', () => {
  it.each([
    ['of another version', hex('02 03 0000 00000000')],
    ['with a command that there is not', hex('01 05 0000 00000000')],
  ])('ends its streams and opens no more after a frame %s', async (_, frame) => {
    await smux.input.write(Buffer.concat([OPEN_3, frame, OPEN_5]));
    const stream = await accepted();
    expect(await stream.read()).toBeUndefined();
    expect(await smux.accept()).toBeUndefined();
  });

  it('passes over NOP, and over UPD with its eight bytes', async () => {
    await smux.input.write(Buffer.concat([hex('01 03 0000 00000000'), hex('01 04 0800 03000000'), Buffer.alloc(8)]));
    await smux.input.write(OPEN_5);
    expect((await accepted()).id).toBe(5);
  });

  it('reads no more while four megabytes wait, whichever stream they are for, until some are taken', async () => {
    await smux.input.write(Buffer.concat([OPEN_3, OPEN_5]));
    const [three, five] = [await accepted(), await accepted()];
    let taken = 0;
    const sending = (async () => {
      for (; taken < 6 * MEGABYTE; taken += 32_768) await smux.input.write(push(3, Buffer.alloc(32_768)));
      await smux.input.write(push(5, Buffer.from('behind')));
    })();
    await untilQuiet(() => taken);
    expect(taken).toBeGreaterThanOrEqual(4 * MEGABYTE);
    expect(taken).toBeLessThan(4 * MEGABYTE + 300_000);
    for (let left = 6 * MEGABYTE; left > 0; left -= 32_768) await read(three);
    await sending;
    expect(await read(five)).toBe('behind');
  });

  it('that is ended ends its streams and its pipes', async () => {
    await smux.input.write(OPEN_3);
    const stream = await accepted();
    const reading = stream.read();
    smux[Symbol.dispose]();
    expect(await reading).toBeUndefined();
    expect([await stream.write(Buffer.from('x')), await smux.input.write(OPEN_5)]).toEqual([false, false]);
    expect([await smux.accept(), await smux.output.read(1)]).toEqual([undefined, undefined]);
  });
});

/** Waits until a number changes no more. */
async function untilQuiet(value: () => number): Promise<void> {
  for (let quiet = 0, before = -1; quiet < 20; quiet = value() === before ? quiet + 1 : 0) {
    before = value();
    await new Promise(setImmediate);
  }
}

describe('with a client that needs keepalive', () => {
  const NOP = hex('01 03 0000 00000000');

  beforeEach(() => {
    jest.useFakeTimers();
    smux[Symbol.dispose]();
    smux = new SmuxServer({ intervalMs: 10_000, timeoutMs: 30_000 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('says NOP every 10 seconds', async () => {
    await smux.input.write(OPEN_3);
    await jest.advanceTimersByTimeAsync(20_000);
    expect(await smux.output.readAll(16)).toEqual(Buffer.concat([NOP, NOP]));
    const third = smux.output.readAll(8);
    await jest.advanceTimersByTimeAsync(9_999);
    const waits = Symbol();
    expect(await Promise.race([third, Promise.resolve(waits)])).toBe(waits);
    await jest.advanceTimersByTimeAsync(1);
    expect(await third).toEqual(NOP);
  });

  it('ends after 30 seconds in which no frame came at all', async () => {
    const end = smux.accept();
    await jest.advanceTimersByTimeAsync(30_000);
    expect(await end).toBeUndefined();
  });

  it('ends at the second look that follows the last frame', async () => {
    await smux.input.write(OPEN_3);
    const stream = await accepted();
    const end = stream.read();
    const waits = Symbol();
    await jest.advanceTimersByTimeAsync(59_999);
    expect(await Promise.race([end, Promise.resolve(waits)])).toBe(waits);
    await jest.advanceTimersByTimeAsync(1);
    expect(await end).toBeUndefined();
    expect(await smux.accept()).toBeUndefined();
  });

  it('lives on while frames come', async () => {
    for (let minute = 0; minute < 5; minute += 1) {
      await smux.input.write(NOP);
      await jest.advanceTimersByTimeAsync(29_000);
    }
    await smux.input.write(OPEN_3);
    expect((await accepted()).id).toBe(3);
  });
});

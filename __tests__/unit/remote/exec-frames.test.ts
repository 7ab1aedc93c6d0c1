import { randomBytes } from 'node:crypto';
import { type ExecFrame, ExecFrames } from '../../../src/remote/exec-frames';

const NONCE = '0123456789abcdef';

const base64 = (data: Buffer | string): string => Buffer.from(data).toString('base64');
const dataFrame = (type: string, data: Buffer | string): string =>
  `${NONCE} ${type} ${base64(data).length}\n${base64(data)}\n`;

/** All frames of a text that comes in pieces of one size. */
function inPieces(text: string, size: number): ExecFrame[] {
  const frames = new ExecFrames(NONCE);
  const bytes = Buffer.from(text);
  const taken: ExecFrame[] = [];
  for (let at = 0; at < bytes.length; at += size) taken.push(...frames.take(bytes.subarray(at, at + size)));
  return taken;
}

const CONVERSATION = [
  `${NONCE} w psql is not installed\n`,
  `${NONCE} r\n`,
  dataFrame('o', 'output'),
  dataFrame('e', Buffer.from([0, 255, 13, 10])),
  `${NONCE} c 32768\n`,
  `${NONCE} z\n`,
  `${NONCE} x 137\n`,
].join('');

describe('frames', () => {
  it.each([1, 2, 3, 7, 16, 17, 1000])('are the same in pieces of %i bytes', (size) => {
    expect(inPieces(CONVERSATION, size)).toEqual([
      { type: 'warning', text: 'psql is not installed' },
      { type: 'ready' },
      { type: 'data', stream: 'output', data: Buffer.from('output') },
      { type: 'data', stream: 'error', data: Buffer.from([0, 255, 13, 10]) },
      { type: 'credit', bytes: 32768 },
      { type: 'inputClosed' },
      { type: 'exit', exitCode: 137 },
    ]);
  });

  it('carry large data', () => {
    const data = randomBytes(49_152);
    expect(inPieces(dataFrame('o', data), 1024)).toEqual([{ type: 'data', stream: 'output', data }]);
  });

  it('may be wrapped in lines, as some base64 programs do it', () => {
    const wrapped = base64('a text long enough to be wrapped').replace(/(.{20})/g, '$1\n');
    expect(inPieces(`${NONCE} o ${wrapped.length}\n${wrapped}\n`, 9)).toEqual([
      { type: 'data', stream: 'output', data: Buffer.from('a text long enough to be wrapped') },
    ]);
  });

  it('name what the container lacks, also on a terminal that ends its lines with CR LF', () => {
    expect(inPieces(`${NONCE} m base64 dd\r\n`, 5)).toEqual([{ type: 'missing', programs: 'base64 dd' }]);
  });
});

describe('what somebody else writes at the terminal', () => {
  const stray = (frames: readonly ExecFrame[]): string =>
    frames.map((frame) => (frame.type === 'stray' ? frame.data.toString() : '')).join('');

  it.each([1, 5, 100])('between frames is passed on at once and as it is (pieces of %i)', (size) => {
    const frames = inPieces(`Password: ${dataFrame('o', 'a')}0123 no nonce\n${NONCE} x 0\n`, size);
    expect(stray(frames)).toBe('Password: 0123 no nonce\n');
    expect(frames.filter(({ type }) => type !== 'stray')).toEqual([
      { type: 'data', stream: 'output', data: Buffer.from('a') },
      { type: 'exit', exitCode: 0 },
    ]);
  });

  it.each([
    ['longer', dataFrame('o', 'abcdef').replace('YWJj', 'YWJj!!!')],
    ['other', dataFrame('o', 'abcdef').replace('YWJj', '#WJj')],
    ['unknown', `${NONCE} q\n`],
    ['no number', `${NONCE} o many\n`],
    ['endless', `${NONCE} w ${'x'.repeat(5000)}`],
    ['more than a chunk', `${NONCE} o 1000000000\n`],
    ['more input than there may be', `${NONCE} c 1000000000\n`],
    ['no exit code', `${NONCE} x 256\n`],
  ])('inside a frame is noticed: %s', (_name, text) => {
    expect(() => inPieces(text, 10_000)).toThrow(/something else written/);
  });
});

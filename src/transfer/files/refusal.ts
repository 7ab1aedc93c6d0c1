import { Writable } from 'node:stream';

const REFUSALS = [
  'missing',
  'special',
  'denied',
  'changed',
  'archiver',
  'isFolder',
  'isNoFolder',
  'noParent',
  'noTarget',
  'exists',
  'clash',
] as const;

/** Why the container's side does not do it. */
export type Refusal = (typeof REFUSALS)[number];

/** What a program exits with when it refuses, after a fact `refused CODE INDEX`. */
export const REFUSED = 3;

/** Shell lines before all others: `refuse CODE INDEX`; the index is that of an item, -1 the target itself. */
export const REFUSE = `
CDPATH=; LC_ALL=C; export LC_ALL
refuse() { printf '%s refused %s %s\\n' "$n" "$1" "$2" >&2; exit ${REFUSED}; }
`;

/** The container's side has ended without doing it: nothing was kept. */
export class RemoteFailure extends Error {
  override readonly name = 'RemoteFailure';

  constructor(
    /** `undefined`: a program failed. */
    readonly refusal: Refusal | undefined,
    /** Of the item it is about. */
    readonly index: number,
    /** The target is a folder that is there, and the item's place in it. */
    readonly isInFolder: boolean,
    /** What the programs there had to say. */
    readonly said: string,
    readonly remoteExitCode: number,
  ) {
    super(`refused: ${refusal ?? said}`);
  }
}

/** From the facts that were said. */
export function remoteFailure(facts: ReadonlyMap<string, string>, said: string, exitCode: number): RemoteFailure {
  const [code, index = '0'] = facts.get('refused')?.split(' ') ?? [];
  const refusal = REFUSALS.find((one) => one === code);
  return new RemoteFailure(refusal, Number(index), Number(index) >= 0 && facts.get('folder') === 'yes', said, exitCode);
}

const MOST_SAID = 20_000;

/** Keeps what the programs say, as far as anybody reads. */
export class Said extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.text.length < MOST_SAID) this.text += chunk.toString().slice(0, MOST_SAID - this.text.length);
    done();
  }
}

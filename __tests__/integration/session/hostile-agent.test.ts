import { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { report } from '../../../src/cli/report';
import { Story } from '../../../src/cli/story';
import { UserError } from '../../../src/errors';
import { runExec } from '../../../src/remote/exec';
import { Session } from '../../../src/session/session';
import { startHostileAgent, STEERING } from '../../support/hostile-agent';
import { generator } from '../../support/random';
import { UNSIGNED } from '../../support/unsigned';

const SEEDS = Number(process.env.SEEDS ?? 100);
/** One that fails, to look at it alone. */
const ONLY = process.env.SEED === undefined ? undefined : Number(process.env.SEED);
const AT_ONCE = 8;
const NONCE = '0123456789abcdef';
/** Above what the process had before: what a session may keep, for so many sessions at once. */
const MOST_GROWTH_BYTES = 400 * 1024 * 1024;
const MOST_RESUMPTIONS = 2;
/** For what the last of its doings brings about. */
const ANSWER_MS = 300;

/** Who waits for a silent agent leaves, as with Ctrl-C. */
class Left extends UserError {}

/** What a run has come to, and what stood on standard error. */
interface Ending {
  readonly outcome: number | Error;
  readonly shown: string;
}

/** Keeps what is written, as far as there is room. */
class Screen extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.text.length < 1_000_000) this.text += chunk.toString();
    done();
  }
}

const nowhere = (): Writable =>
  new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });

async function meet(seed: number): Promise<Ending> {
  await using agent = await startHostileAgent({ seed, nonce: () => NONCE });
  const random = generator(seed ^ 0x5eed);
  const leaving = new AbortController();
  const { signal } = leaving;
  void agent.isDone
    .then(() => sleep(ANSWER_MS))
    .then(() => {
      leaving.abort(new Left('left'));
    });
  const screen = new Screen();
  const story = new Story(screen);
  const say = (text: string): void => {
    story.line(text);
  };
  const ticket = { sessionId: STEERING, tokenValue: 't', streamUrl: agent.streamUrl };
  let resumptions = 0;
  try {
    await using session = await Session.open(ticket, {
      access: UNSIGNED,
      signal,
      notice: say,
      onConnection: (lost) => {
        say(lost ?? 'back');
      },
      resume: () => Promise.resolve(resumptions++ < MOST_RESUMPTIONS ? ticket : undefined),
      patienceMs: 1_000,
      dataKey: () => Promise.resolve({ plaintext: Buffer.alloc(64), ciphertext: Buffer.alloc(8) }),
      mustEncrypt: random() < 0.2,
    });
    const outcome = await runExec(session, {
      nonce: NONCE,
      streams: { input: Readable.from([Buffer.alloc(100_000)]), output: nowhere(), errorOutput: nowhere() },
      warn: say,
      signal,
      interrupt: () => 'INT',
    });
    return { outcome, shown: screen.text };
  } catch (error) {
    report(error, story, signal);
    return { outcome: error instanceof Error ? error : new Error(String(error)), shown: screen.text };
  }
}

function check(seed: number, { outcome, shown }: Ending): void {
  const wrong =
    typeof outcome === 'number'
      ? !(Number.isInteger(outcome) && outcome >= 0 && outcome <= 255)
      : !(outcome instanceof UserError);
  if (wrong) throw new Error(`seed ${seed} ends with ${String(outcome)}`, { cause: outcome });
  const control = /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u.exec(shown);
  if (control !== null) throw new Error(`seed ${seed} shows ${JSON.stringify(shown.slice(control.index, 80))}`);
}

it(
  `an agent that keeps to no protocol brings about an error with a name, or what is right (${SEEDS} seeds)`,
  async () => {
    const before = process.memoryUsage().rss;
    const seeds = ONLY === undefined ? Array.from({ length: SEEDS }, (_, seed) => seed) : [ONLY];
    const endings = new Map<string, number>();
    const work = async (): Promise<void> => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
        const ending = await meet(seed);
        check(seed, ending);
        const grown = process.memoryUsage().rss - before;
        if (grown > MOST_GROWTH_BYTES) throw new Error(`seed ${seed}: ${grown} bytes more than before`);
        const name = typeof ending.outcome === 'number' ? 'exit code' : ending.outcome.name;
        endings.set(name, (endings.get(name) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    // The seeds reach what they are for.
    if (ONLY === undefined) {
      expect([...endings.keys()]).toEqual(
        expect.arrayContaining(['exit code', 'SessionLostError', 'SessionNotEncryptedError', 'Left']),
      );
    }
  },
  60_000 + SEEDS * 5_000,
);

import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionFaults } from '../../../src/local-aws/agent/faults';
import type { Session, SessionLostError } from '../../../src/session/session';
import { exec, type ExecOptions, type ExecResult, openInput } from '../../support/exec';
import { type GatewayHarness, startGateway } from '../../support/gateway';

const FAST = { firstOutputDelayMs: 0, readPauseMs: 0 };
const SIZE = 10_000_000;
const CUTS = 50;

let gateway: GatewayHarness;

beforeAll(async () => {
  gateway = await startGateway(FAST);
});

afterEach(() => {
  gateway.setFaults(FAST);
});

afterAll(() => gateway[Symbol.asyncDispose]());

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

interface Watched extends ExecResult {
  /** How often the connection was lost. */
  readonly losses: readonly string[];
}

/** As the helper does it: lost connections are resumed. */
async function resumingExec(line: string, options: ExecOptions = {}): Promise<Watched> {
  const losses: string[] = [];
  let sessionId = '';
  const result = await exec(gateway, ['sh', '-c', line], {
    ...options,
    onSession: (session) => {
      sessionId = session.sessionId;
      options.onSession?.(session);
    },
    resume: () => Promise.resolve(gateway.gateway.resumeSession(sessionId)),
    onConnection: (lost) => {
      if (lost !== undefined) losses.push(lost);
    },
  });
  return { ...result, losses };
}

it(`${CUTS} cuts of the connection lose and double nothing of what comes`, async () => {
  const data = randomBytes(SIZE);
  gateway.setFaults({
    ...FAST,
    readPauseMs: 1,
    readChunkBytes: 8192,
    cutEveryBytes: Math.floor((SIZE * 4) / 3 / CUTS),
  });
  const { output, losses, exitCode } = await resumingExec('cat', { input: data });
  expect([sha256(output), exitCode]).toEqual([sha256(data), 0]);
  expect(losses.length).toBeGreaterThanOrEqual(CUTS);
});

it('a network that loses, doubles and swaps frames only slows it down', async () => {
  const data = randomBytes(200_000);
  gateway.setFaults({ ...FAST, loss: 0.02, duplication: 0.05, reordering: 0.1, seed: 7 });
  const { output, error, exitCode } = await resumingExec('tee /dev/fd/9 9>&2; exit 4', { input: data });
  expect([sha256(output), sha256(error), exitCode]).toEqual([sha256(data), sha256(data), 4]);
});

it('a connection that has gone silent is noticed within seconds, and replaced', async () => {
  const input = openInput();
  let frozenAt = 0;
  const result = resumingExec('echo ready; cat', {
    input,
    onSession: (session) => {
      session.output.once('data', () => {
        gateway.gateway.freezeClient(session.sessionId);
        frozenAt = Date.now();
        input.end('after the silence');
      });
    },
  });
  const { output, losses } = await result;
  expect(output.toString()).toBe('ready\nafter the silence');
  expect(losses).toEqual([expect.stringMatching(/nothing was heard for 10 s/)]);
  expect(Date.now() - frozenAt).toBeLessThan(20_000);
});

it('the agent’s own cuts are its own matter', async () => {
  const { output, losses } = await resumingExec('for n in 1 2 3 4 5; do echo $n; sleep 0.2; done', {
    onSession: (session) => {
      session.output.once('data', () => gateway.gateway.cutAgent(session.sessionId));
    },
  });
  expect([output.toString(), losses]).toEqual(['1\n2\n3\n4\n5\n', []]);
});

it('a pause of the service loses nothing in either direction', async () => {
  const input = openInput();
  let open: Session | undefined;
  const result = resumingExec('echo ready; cat', { input, onSession: (session) => (open = session) });
  while (open === undefined) await sleep(10);
  const { sessionId } = open;
  await new Promise((resolve) => open?.output.once('data', resolve));
  gateway.gateway.pause(sessionId);
  const data = randomBytes(100_000);
  input.end(data);
  await sleep(500);
  gateway.gateway.resume(sessionId);
  const { output } = await result;
  expect(sha256(output)).toBe(sha256(Buffer.concat([Buffer.from('ready\n'), data])));
});

describe('a session that cannot be had back is lost, and its exit code is 255', () => {
  const lost = async (faults: Partial<SessionFaults>): Promise<SessionLostError> => {
    const error: unknown = await resumingExec('echo ready; sleep 1000', {
      patienceMs: 1500,
      onSession: (session) => {
        session.output.once('data', () => {
          gateway.setFaults({ ...FAST, ...faults });
          gateway.gateway.cutClient(session.sessionId);
        });
      },
    }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'SessionLostError', exitCode: 255 });
    return error as SessionLostError;
  };

  it('because the service has ended it', async () => {
    expect((await lost({ resumeFailure: 'timedOut' })).message).toMatch(/the service had ended it/);
  });

  it('because the network does not come back in time', async () => {
    expect((await lost({ refuseConnect: true })).message).toMatch(/could not be resumed \(.*503/);
  });

  it('because it was ended from outside', async () => {
    const error: unknown = await resumingExec('echo ready; sleep 1000', {
      onSession: (session) => {
        session.output.once('data', () => gateway.gateway.terminateSession(session.sessionId));
      },
    }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'SessionLostError', exitCode: 255 });
  });
});

describe('who leaves', () => {
  it('interrupts the command, which may still tidy up', async () => {
    const controller = new AbortController();
    let shown = '';
    const result = exec(gateway, ['sh', '-c', 'trap "echo tidy >&2; exit 5" INT; echo ready; sleep 1000'], {
      signal: controller.signal,
      onSession: (session) => {
        session.output.on('data', (chunk: Buffer) => (shown += chunk.toString('latin1')));
      },
    }).catch((reason: unknown) => reason);
    while (!shown.includes(` o ${Buffer.from('ready\n').toString('base64').length}`)) await sleep(20);
    controller.abort(new Error('interrupted'));
    expect(await result).toMatchObject({ message: 'interrupted' });
    expect(shown).toContain(Buffer.from('tidy\n').toString('base64'));
  });

  it('interrupts it also while it reads none of a long input', async () => {
    const controller = new AbortController();
    const startedAt = Date.now();
    let stopped = 0;
    const result = exec(gateway, ['sh', '-c', 'trap "exit 5" INT; sleep 1000'], {
      signal: controller.signal,
      input: Readable.from(endless(), { objectMode: false }),
      onSession: (session) => {
        session.output.once('close', () => (stopped = Date.now()));
      },
    }).catch((reason: unknown) => reason);
    await sleep(1500); // enough to fill every pipe on the way
    controller.abort(new Error('interrupted'));
    expect(await result).toMatchObject({ message: 'interrupted' });
    // Not by giving up after two seconds: the command got the signal.
    expect(stopped - startedAt).toBeLessThan(3200);
  });
});

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(16_384, 'x');
}

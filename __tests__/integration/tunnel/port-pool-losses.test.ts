import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { UserError } from '../../../src/errors';
import { NoMorePortsError } from '../../../src/tunnel/port-pool';
import { eventually } from '../../support/eventually';
import { type GatewayHarness, startGateway } from '../../support/gateway';
import { dial, type Dialled, echo, gate, PoolSessions } from './pool-sessions';

let harness: GatewayHarness;
let sessions: PoolSessions;

beforeAll(async () => {
  harness = await startGateway({ readPauseMs: 0 });
});

beforeEach(() => {
  sessions = new PoolSessions(harness);
});

afterEach(() => {
  harness.setFaults({});
  sessions[Symbol.dispose]();
});

afterAll(() => harness[Symbol.asyncDispose]());

const failure = async ({ connection }: Dialled): Promise<string> =>
  String(((await once(connection, 'error')) as [Error])[0]);
const kinds = (): string[] => sessions.events.map(({ kind }) => kind);

it('a session that is lost under load is replaced, and its connections are told of', async () => {
  await using pool = await sessions.openPool();
  const dialled = await Promise.all(Array.from({ length: 5 }, () => dial(pool)));
  for (const { connection } of dialled) connection.write(randomBytes(500_000));
  const failures = Promise.all(dialled.map(failure));
  harness.gateway.terminateSession(sessions.id(1));
  for (const reason of await failures) expect(reason).toMatch(/session was lost/);
  const next = await dial(pool);
  expect(next.session).toBe(2);
  expect((await echo(next, Buffer.from('on'))).toString()).toBe('on');
  expect(sessions.events).toEqual([
    expect.objectContaining({ kind: 'lost', connections: 5 }) as unknown,
    { kind: 'back' },
  ]);
});

it('a session that its owner ends is replaced, and its connections are told of', async () => {
  await using pool = await sessions.openPool();
  const failures = Promise.all([failure(await dial(pool)), failure(await dial(pool))]);
  await sessions.opened[1]?.[Symbol.asyncDispose]();
  for (const reason of await failures) expect(reason).toMatch(/it was ended here/);
  expect((await dial(pool)).session).toBe(2);
  expect(sessions.events).toEqual([{ kind: 'lost', error: undefined, connections: 2 }, { kind: 'back' }]);
});

it('a connection that is made just when the session ends goes to the next', async () => {
  await using pool = await sessions.openPool();
  await dial(pool);
  harness.gateway.terminateSession(sessions.id(1));
  const answers = await Promise.allSettled(Array.from({ length: 20 }, () => dial(pool)));
  for (const answer of answers) {
    // Who was connected before the end goes with it; all others are answered.
    if (answer.status === 'rejected') expect(String(answer.reason)).toMatch(/session was lost/);
    else expect(answer.value.session).toBe(2);
  }
  await eventually('the loss', () => kinds().includes('lost'));
  expect((await dial(pool)).session).toBe(2);
});

it('a session that cannot be resumed after a cut is replaced', async () => {
  await using pool = await sessions.openPool({
    resume: ({ sessionId }) => Promise.resolve(harness.gateway.resumeSession(sessionId)),
  });
  const old = await dial(pool);
  const failed = failure(old);
  harness.setFaults({ resumeFailure: 'timedOut' });
  harness.gateway.cutClient(sessions.id(1));
  expect(await failed).toMatch(/the service had ended it/);
  expect((await dial(pool)).session).toBe(2);
  expect(sessions.events).toEqual([
    { kind: 'lost', connections: 1, error: expect.objectContaining({ name: 'SessionLostError' }) as unknown },
    { kind: 'back' },
  ]);
});

it('new connections go elsewhere while a link is half-open, and the old one goes on when it is back', async () => {
  const back = gate();
  await using pool = await sessions.openPool({
    resume: async (ticket) => {
      await back.opened;
      return harness.resume(ticket);
    },
  });
  const old = await dial(pool);
  harness.gateway.freezeClient(sessions.id(1));
  const bytes = randomBytes(100_000);
  const echoed = echo(old, bytes);
  // Silence is noticed after ten seconds.
  await eventually('another session', () => sessions.tickets[2] !== undefined);
  let next = await dial(pool);
  while (next.session === 1) next = await dial(pool);
  expect((await echo(next, bytes)).equals(bytes)).toBe(true);
  back.open();
  expect((await echoed).equals(bytes)).toBe(true);
  expect((await dial(pool)).session).toBe(2);
  expect(sessions.lives(1)).toBe(true);
  old.connection.destroy();
  await eventually('the end of the first', () => !sessions.lives(1));
  expect(sessions.events).toEqual([]);
}, 40_000);

it('a session whose link comes back before another is there is used again', async () => {
  const [back, other] = [gate(), gate()];
  await using pool = await sessions.openPool(
    {
      before: (index) => (index === 1 ? Promise.resolve() : other.opened),
      resume: async (ticket) => {
        await back.opened;
        return harness.resume(ticket);
      },
    },
    { limits: { lostMs: 10 } },
  );
  harness.gateway.cutClient(sessions.id(1));
  await eventually('an attempt at another', () => sessions.count === 2);
  const waiting = dial(pool);
  back.open();
  expect((await waiting).session).toBe(1);
  other.open();
});

it('what cannot be opened is tried again, and told of once', async () => {
  const before = (index: number): Promise<void> =>
    index === 1 || index > 4 ? Promise.resolve() : Promise.reject(new UserError('AWS is away'));
  await using pool = await sessions.openPool({ before });
  harness.gateway.terminateSession(sessions.id(1));
  await eventually('the loss', () => kinds().includes('lost'));
  expect((await dial(pool)).session).toBe(5);
  expect(kinds()).toEqual(['lost', 'failed', 'back']);
});

it('a connection waits for a session, but not for ever', async () => {
  const before = (index: number): Promise<void> =>
    index === 1 ? Promise.resolve() : Promise.reject(new UserError('AWS is away'));
  await using pool = await sessions.openPool({ before }, { limits: { waitMs: 1000 } });
  harness.gateway.terminateSession(sessions.id(1));
  await eventually('the loss', () => kinds().includes('lost'));
  await expect(pool.connect()).rejects.toThrow('There was no session for a connection for 1 s: AWS is away');
});

describe('when no more can be had', () => {
  const before = (index: number): Promise<void> =>
    index === 1 ? Promise.resolve() : Promise.reject(new NoMorePortsError('The task has ended'));

  it('the pool has failed with its last session', async () => {
    await using pool = await sessions.openPool({ before });
    await dial(pool);
    harness.gateway.terminateSession(sessions.id(1));
    await expect(pool.failed).rejects.toThrow(NoMorePortsError);
    await expect(pool.connect()).rejects.toThrow('The task has ended');
    expect([kinds(), sessions.count]).toEqual([['lost'], 2]);
  });

  it('those that there are go on to the end', async () => {
    await using pool = await sessions.openPool({ before }, { limits: { ageMs: 200 } });
    await eventually('the word of it', () => kinds().includes('failed'));
    const last = await dial(pool);
    expect((await echo(last, Buffer.from('on'))).toString()).toBe('on');
    harness.gateway.terminateSession(sessions.id(1));
    await expect(pool.failed).rejects.toThrow('The task has ended');
    expect(kinds()).toEqual(['failed', 'lost']);
  });
});

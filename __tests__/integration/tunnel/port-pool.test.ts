import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../../src/errors';
import { NoMorePortsError } from '../../../src/tunnel/port-pool';
import { PortSession } from '../../../src/tunnel/port-session';
import { eventually } from '../../support/eventually';
import { type GatewayHarness, startGateway } from '../../support/gateway';
import { Destinations, forwarding } from '../local-aws/agent/destinations';
import { dial, type Dialled, echo, gate, PoolSessions } from './pool-sessions';
import { UNSIGNED } from '../../support/unsigned';

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

const times = <Value>(count: number, make: (index: number) => Promise<Value>): Promise<Value[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

it('spreads connections over its sessions from the first on, although they are not there at the same time', async () => {
  const before = (index: number): Promise<void> => sleep(100 * index);
  await using pool = await sessions.openPool({ before }, { size: 3 });
  const dialled: Dialled[] = await times(6, () => dial(pool));
  const load = [1, 2, 3].map((index) => dialled.filter(({ session }) => session === index).length);
  expect(load).toEqual([2, 2, 2]);
  expect(sessions.count).toBe(3);
});

describe('a session of its age', () => {
  it('is replaced for new connections, and its own go on, whole, until the last has closed', async () => {
    await using pool = await sessions.openPool({}, { limits: { ageMs: 1500 } });
    const old = await dial(pool);
    const [first, second] = [randomBytes(1_000_000), randomBytes(1_000_000)];
    const firstBack = echo(old, first);
    await eventually('another session', () => sessions.count === 2);
    let next = await dial(pool);
    while (next.session === old.session) next = await dial(pool);
    expect((await firstBack).equals(first)).toBe(true);
    expect((await echo(old, second)).equals(second)).toBe(true);
    expect(sessions.lives(old.session)).toBe(true);
    expect((await echo(next, Buffer.from('new'))).toString()).toBe('new');
    old.connection.destroy();
    await pool[Symbol.asyncDispose]();
    expect(sessions.events).toEqual([]);
  });

  it('ends when the last connection has closed', async () => {
    await using pool = await sessions.openPool({}, { limits: { ageMs: 1500 } });
    const { connection, session } = await dial(pool);
    await eventually('another session', () => sessions.count === 3);
    expect(sessions.lives(session)).toBe(true);
    connection.destroy();
    await eventually('its end', () => !sessions.lives(session));
    expect(sessions.events).toEqual([]);
  });

  it('is used until another is there', async () => {
    const later = gate();
    await using pool = await sessions.openPool(
      { before: (index) => (index === 1 ? Promise.resolve() : later.opened) },
      { limits: { ageMs: 100 } },
    );
    await eventually('an attempt', () => sessions.count === 2);
    expect((await dial(pool)).session).toBe(1);
    later.open();
    let next = await dial(pool);
    while (next.session === 1) next = await dial(pool);
  });
});

describe('credentials that end', () => {
  it('have a session replaced before, once when fresh ones end no later', async () => {
    const end = Date.now() + 121_000; // a second more than the lead
    await using pool = await sessions.openPool({ credentialsEnd: () => end });
    await eventually('another session', () => sessions.count === 2);
    let next = await dial(pool);
    while (next.session === 1) next = await dial(pool);
    expect([next.session, sessions.count]).toEqual([2, 2]);
  });
});

describe('a quiet session', () => {
  it('with and without connections outlives the idle limit of the service, by NOPs', async () => {
    harness.setFaults({ idleLimitMs: 4000 });
    await using pool = await sessions.openPool({ keepAliveMs: 500 });
    await using idlePool = await sessions.openPool({ keepAliveMs: 500 });
    const quiet = await dial(pool);
    using destinations = new Destinations();
    const port = await destinations.echo();
    for (let round = 1; round <= 2; round += 1) {
      // One without NOPs: its end says that the limit has passed.
      await using control = await PortSession.open(harness.start('', forwarding(port)), { access: UNSIGNED });
      await expect(control.closed).rejects.toThrow();
    }
    expect((await echo(quiet, Buffer.from('still here'))).toString()).toBe('still here');
    expect((await dial(idlePool)).session).toBe(2);
    expect([sessions.count, sessions.events]).toEqual([2, []]);
  });
});

describe('with an agent that takes one connection at a time', () => {
  beforeEach(() => {
    harness.setFaults({ agentVersion: '3.0.196.0' });
  });

  it('an idle session is replaced, one that is in use is not', async () => {
    await using pool = await sessions.openPool({}, { limits: { idleMs: 1000 } });
    await eventually('another session', () => sessions.count === 2);
    await eventually('the end of the first', () => !sessions.lives(1));
    const held = await dial(pool);
    const { count } = sessions;
    // Meanwhile those of another pool are replaced again and again.
    using others = new PoolSessions(harness);
    await using idle = await others.openPool({}, { limits: { idleMs: 1000 } });
    await eventually('the limit', () => others.count === 4);
    expect(idle.connections).toBe(0);
    expect([sessions.count, held.session]).toEqual([count, count]);
    expect((await echo(held, Buffer.from('in use'))).toString()).toBe('in use');
  });

  it('connections come one after the other, or too late', async () => {
    await using pool = await sessions.openPool({}, { limits: { waitMs: 5000 } });
    const first = await dial(pool);
    const [second, third] = [pool.connect(), pool.connect()];
    third.catch(() => undefined);
    first.connection.destroy();
    await second;
    await expect(third).rejects.toThrow('The agent takes one connection at a time, and was busy for 5 s');
  });
});

describe('the opening', () => {
  it('fails with what the first session failed with', async () => {
    const before = (index: number): Promise<void> => Promise.reject(new UserError(`no ${index}`));
    await expect(sessions.openPool({ before }, { size: 3 })).rejects.toThrow('no 1');
    expect(sessions.count).toBe(3);
  });

  it('waits for one, and not for long for the others, which come later', async () => {
    const late = gate();
    const before = (index: number): Promise<void> => (index === 2 ? late.opened : Promise.resolve());
    await using pool = await sessions.openPool({ before }, { size: 2, limits: { gatherMs: 200 } });
    const first = await dial(pool);
    expect(first.session).toBe(1);
    late.open();
    await eventually('the other', () => sessions.lives(2));
    let next = await dial(pool);
    while (next.session === first.session) next = await dial(pool);
    expect(next.session).toBe(2);
  });

  it.each([
    ['the first', 1],
    ['the others', 2],
  ])('is given up while it waits for %s', async (_, held) => {
    const late = gate();
    const giveUp = new AbortController();
    const before = (index: number): Promise<void> => (index >= held ? late.opened : Promise.resolve());
    const opening = sessions.openPool({ before }, { size: 2, signal: giveUp.signal });
    await eventually('what is held', () => sessions.count === 2 && (held === 1 || sessions.opened[1] !== undefined));
    giveUp.abort(new UserError('enough'));
    late.open();
    await expect(opening).rejects.toThrow('enough');
    await eventually('the end of all', () => [1, 2].every((index) => !sessions.lives(index)));
  });

  it('waits for one, and others are tried again', async () => {
    const before = (index: number): Promise<void> =>
      index <= 2 ? Promise.reject(new UserError('not yet')) : Promise.resolve();
    await using pool = await sessions.openPool({ before }, { size: 3 });
    const dialled = await times(3, () => dial(pool));
    expect(dialled).toHaveLength(3);
    await eventually('all of them', () => [3, 4, 5].every((index) => sessions.lives(index)));
  });

  it('fails with a final error as it is', async () => {
    const before = (): Promise<void> => Promise.reject(new NoMorePortsError('gone'));
    await expect(sessions.openPool({ before })).rejects.toThrow(NoMorePortsError);
  });
});

it('disposal ends connections, what waits and what is being opened, and leaves no timers and no sockets', async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const use = async (): Promise<void> => {
    sessions = new PoolSessions(harness);
    const pool = await sessions.openPool({}, { limits: { ageMs: 500 } });
    const { connection, session } = await dial(pool);
    const closed = new Promise((resolve) => connection.once('close', resolve));
    await eventually('another being opened', () => sessions.count === 2);
    harness.gateway.terminateSession(sessions.id(session));
    await closed;
    const waiting = pool.connect();
    const refused = expect(waiting).rejects.toThrow('The port was closed');
    await pool[Symbol.asyncDispose]();
    await refused;
    await expect(pool.connect()).rejects.toThrow('The port was closed');
    expect(pool.connections).toBe(0);
    sessions[Symbol.dispose]();
    await eventually('the end of connections', () => harness.gateway.sessions().every(({ connected }) => !connected));
  };
  await use();
  const before = timers();
  for (let round = 1; round <= 5; round += 1) await use();
  // Those of a pool that is closed would run out by themselves: so nothing is waited for.
  expect(timers()).toBeLessThan(before + 5); // one that each leaves would be five
});

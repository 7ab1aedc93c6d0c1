import { type PoolEvent, PortPool } from '../../../src/tunnel/port-pool';
import { PortSession } from '../../../src/tunnel/port-session';
import { eventually } from '../../support/eventually';
import { type GatewayHarness, startGateway } from '../../support/gateway';
import { type Line, TrafficServer } from '../../support/traffic';
import { UNSIGNED } from '../../support/unsigned';
import { forwarding } from '../local-aws/agent/destinations';

/** One hour of a clock that is quick: so often the service closes sockets, and so long credentials last. */
const HOUR_MS = 800;
const HOURS = 12;
const CONNECTIONS = 10;
const MINUTE_MS = HOUR_MS / 60;

let harness: GatewayHarness;
let server: TrafficServer;

beforeAll(async () => {
  harness = await startGateway({ readPauseMs: 0, socketLimitMs: HOUR_MS });
  server = await TrafficServer.start();
});

afterAll(async () => {
  server[Symbol.dispose]();
  await harness[Symbol.asyncDispose]();
});

it.each([
  ['the age of sessions', { ageMs: 50 * MINUTE_MS }, Infinity],
  ['the end of credentials', { ageMs: Infinity, credentialsLeadMs: 20 * MINUTE_MS }, HOUR_MS],
])(
  '%s has sessions replaced hour by hour, and what is open in old ones goes on',
  async (_, limits, credentialsLastMs) => {
    const events: PoolEvent[] = [];
    const closes = new Map<number, number>();
    await using pool = await PortPool.open({
      limits,
      onTrouble: (event) => events.push(event),
      open: async (onConnection, signal) => {
        const index = closes.size + 1;
        closes.set(index, 0);
        const ticket = harness.start('', forwarding(server.port));
        const session = await PortSession.open(ticket, {
          access: UNSIGNED,
          signal,
          onConnection: (lost) => {
            if (lost !== undefined) closes.set(index, (closes.get(index) ?? 0) + 1);
            onConnection(lost);
          },
          resume: () => Promise.resolve(harness.resume(ticket)),
        });
        return { session, credentialsEnd: Date.now() + credentialsLastMs };
      },
    });
    const dial = async (): Promise<Line> => server.join(await pool.connect());
    const lines: Line[] = [];
    const begin = async (): Promise<void> => {
      const line = await dial();
      lines.push(line);
      await line.talk();
    };
    // Half of them begin in the first session and outlive all its closes, and each of the others in a later one.
    for (let at = 0; at < CONNECTIONS / 2; at += 1) await begin();
    for (let hour = 1; hour <= HOURS; hour += 1) {
      await eventually(`close ${hour} of a session`, () => Math.max(...closes.values()) >= hour);
      await eventually('a session of that hour', () => closes.size > hour);
      if (lines.length < CONNECTIONS) await begin();
      using another = await dial();
      await another.exchange(3);
    }
    for (const line of lines) {
      await line.goesOn();
      await line.settle();
    }
    expect(pool.connections).toBe(CONNECTIONS);
    expect(events).toEqual([]);
  },
  90_000,
);

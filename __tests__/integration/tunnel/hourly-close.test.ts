import { PortSession } from '../../../src/tunnel/port-session';
import { eventually } from '../../support/eventually';
import { type GatewayHarness, startGateway } from '../../support/gateway';
import { startTap, type Tap } from '../../support/tap';
import { type Line, TrafficServer } from '../../support/traffic';
import { forwarding } from '../local-aws/agent/destinations';

// Where the service closes its socket once an hour, some clients have dead ports afterwards, send frames again without
// end, or go on with sequence numbers that the agent does not expect.

/** A retransmission comes after a second at the latest. */
const QUIET_MS = 1_500;
/** About 30 messages of the data channel. */
const BURST_RECORDS = 60;
const CLOSES = [
  { from: 'client', frames: 1 },
  { from: 'client', frames: 6 },
  { from: 'client', frames: 15 },
  { from: 'agent', frames: 1 },
  { from: 'agent', frames: 6 },
  { from: 'agent', frames: 15 },
] as const;

let harness: GatewayHarness;
let tap: Tap;
let server: TrafficServer;

beforeAll(async () => {
  harness = await startGateway({ readPauseMs: 0 });
  [tap, server] = await Promise.all([startTap(), TrafficServer.start()]);
});

afterAll(async () => {
  server[Symbol.dispose]();
  await harness[Symbol.asyncDispose]();
  await tap[Symbol.asyncDispose]();
});

/** Waits until no data frame has passed for a while. */
async function quiet(): Promise<void> {
  let [passed, since] = [tap.passed.length, performance.now()];
  await eventually('an end of what is sent again', () => {
    if (tap.passed.length !== passed) [passed, since] = [tap.passed.length, performance.now()];
    return performance.now() - since >= QUIET_MS;
  });
}

it('closes in the middle of bursts leave old and new connections whole, and nothing that is sent again for ever', async () => {
  const ticket = harness.start('', forwarding(server.port));
  await using session = await PortSession.open(ticket, {
    access: tap.access,
    resume: () => Promise.resolve(harness.resume(ticket)),
  });
  const dial = async (): Promise<Line> => server.join(await session.connect());
  using old = await dial();
  for (const [index, { from, frames }] of CLOSES.entries()) {
    const far = await old.far();
    tap.closeAfter(from, frames);
    (from === 'client' ? old.near : far).say(BURST_RECORDS);
    await eventually(`the connection after close ${index + 1}`, () => tap.cellNumbers.length >= index + 2);
    await old.settle();
    using another = await dial();
    await Promise.all([old.exchange(5), another.exchange(5)]);
  }
  await quiet();

  // Each resumption has an address of its own, since the service refuses that of an older ticket.
  expect(new Set(tap.cellNumbers).size).toBe(tap.cellNumbers.length);
  for (const from of ['client', 'agent'] as const) {
    const numbers = tap.passed.filter((frame) => frame.from === from).map(({ sequenceNumber }) => sequenceNumber);
    const all = [...new Set(numbers)];
    // None was left out. The client sends again what it has not heard of; what it has had the agent need not send again.
    if (from === 'client') expect(numbers.length).toBeGreaterThan(all.length);
    expect(all.toSorted((one, other) => one - other)).toEqual(all.map((_, at) => at));
  }
}, 90_000);

import { Disturbance } from '../../../../src/local-aws/agent/disturbance';

const NONE = { loss: 0, duplication: 0, reordering: 0 };
const SENT = Array.from({ length: 1000 }, (_, index) => String(index));

function arrivals(direction: number, faults: Partial<typeof NONE> & { readonly seed?: number }): string[] {
  const disturbance = new Disturbance(direction);
  const arrived = SENT.flatMap((text) => disturbance.take(Buffer.from(text), { ...NONE, ...faults }));
  return [...arrived, ...disturbance.release()].map((frame) => frame.toString());
}

describe('a bad network', () => {
  it('without faults passes every frame on in order', () => {
    expect(arrivals(0, {})).toEqual(SENT);
  });

  it('loses about as many frames as its probability says, and leaves the rest in order', () => {
    const arrived = arrivals(0, { loss: 0.1, seed: 1 });
    expect(arrived.length).toBeGreaterThan(850);
    expect(arrived.length).toBeLessThan(950);
    expect(arrived).toEqual(SENT.filter((text) => arrived.includes(text)));
    expect(arrivals(0, { loss: 1, seed: 1 })).toEqual([]);
  });

  it('doubles frames one behind the other', () => {
    const arrived = arrivals(0, { duplication: 0.1, seed: 1 });
    expect([...new Set(arrived)]).toEqual(SENT);
    expect(arrived.length).toBeGreaterThan(1050);
    expect(arrived.length).toBeLessThan(1150);
  });

  it('swaps a frame with its follower, and loses none by that', () => {
    const arrived = arrivals(0, { reordering: 0.1, seed: 1 });
    expect(arrived).not.toEqual(SENT);
    expect(arrived.toSorted((a, b) => Number(a) - Number(b))).toEqual(SENT);
    for (const [index, text] of arrived.entries()) expect(Math.abs(Number(text) - index)).toBeLessThanOrEqual(1);
  });

  it('holds the last frame until it is released', () => {
    const disturbance = new Disturbance(0);
    const frame = Buffer.from('last');
    expect(disturbance.take(frame, { ...NONE, reordering: 1, seed: 1 })).toEqual([]);
    expect(disturbance.holds).toBe(true);
    expect(disturbance.release()).toEqual([frame]);
    expect(disturbance.holds).toBe(false);
  });

  it('with the same seed does the same to each session, but not to both directions', () => {
    const faults = { loss: 0.1, duplication: 0.1, reordering: 0.1, seed: 7 };
    expect(arrivals(0, faults)).toEqual(arrivals(0, faults));
    expect(arrivals(0, faults)).not.toEqual(arrivals(1, faults));
    expect(arrivals(0, faults)).not.toEqual(arrivals(0, { ...faults, seed: 8 }));
  });
});

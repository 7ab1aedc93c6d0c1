import { plan, type Planned } from '../../../src/tunnel/pool-plan';

const NOW = 1_000_000;

/** A session that is well, or what is said of it; moments are relative to now. */
const session = ({ due = 1000, missing = Infinity, isDraining = false } = {}): Planned => ({
  dueAt: NOW + due,
  missingAt: NOW + missing,
  isDraining,
});

const planFor = (sessions: readonly Planned[], size = 1, opening = 0) => plan(sessions, { size, opening }, NOW);

it('opens what is missed, beside those that are being opened', () => {
  expect(planFor([], 3)).toEqual({ usable: [], toDrain: [], toOpen: 3, isComplete: false, nextAt: Infinity });
  expect(planFor([session()], 3, 1).toOpen).toBe(1);
  expect(planFor([session()], 3, 5).toOpen).toBe(0);
});

it('does nothing until something is due while all are there', () => {
  const [one, two] = [session({ due: 700 }), session({ missing: 300 })];
  expect(planFor([one, two], 2)).toEqual({
    usable: [two, one],
    toDrain: [],
    toOpen: 0,
    isComplete: true,
    nextAt: NOW + 300,
  });
});

describe('a session that is due', () => {
  const due = session({ due: 0 });

  it('is used while another is being opened', () => {
    expect(planFor([due])).toMatchObject({ usable: [due], toDrain: [], toOpen: 1, isComplete: false });
    expect(planFor([due], 1, 1)).toMatchObject({ usable: [due], toOpen: 0 });
  });

  it('drains when the other is there', () => {
    const other = session();
    expect(planFor([due, other])).toMatchObject({ usable: [other], toDrain: [due], toOpen: 0, isComplete: true });
  });

  it('of several, those drain that have been due for longest', () => {
    const longer = session({ due: -10 });
    const other = session();
    expect(planFor([longer, other, due], 2)).toMatchObject({ usable: [other, due], toDrain: [longer], toOpen: 1 });
  });
});

describe('a session that is away', () => {
  const away = session({ missing: 0 });

  it('is neither used nor given up while another is being opened', () => {
    expect(planFor([away])).toMatchObject({ usable: [], toDrain: [], toOpen: 1 });
  });

  it('drains when enough others are there', () => {
    const other = session();
    expect(planFor([away, other])).toMatchObject({ usable: [other], toDrain: [away] });
    expect(planFor([away, other], 2)).toMatchObject({ usable: [other], toDrain: [], toOpen: 1 });
  });
});

it('of more than are wanted the oldest drains', () => {
  const [older, newer] = [session({ due: 100 }), session({ due: 200 })];
  expect(planFor([older, newer])).toMatchObject({ usable: [newer], toDrain: [older], toOpen: 0 });
});

it('what drains counts for nothing', () => {
  expect(planFor([session({ isDraining: true })])).toMatchObject({ usable: [], toDrain: [], toOpen: 1 });
});

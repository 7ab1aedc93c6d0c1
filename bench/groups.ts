import { type Bench, compare, costOf, downloadRate, keyRoundTrip, ticketToFirstByte, uploadRate } from './measure';
import type { Row } from './row';
import { dataRows } from './data';
import { execRows } from './exec';
import { lifeRows } from './life';
import { databaseRows } from './tunnel/database';
import { tunnelRows } from './tunnel/rows';

export interface Group {
  readonly name: string;
  readonly rows: (bench: Bench) => Promise<Row[]>;
}

/** A transfer at the agent's pace takes its time, so it is small. */
const PACED_BYTES = 3_000_000;
const UPLOAD_BYTES = 3_000_000;
/** Each way, in ms: a region in the same country. */
const FAR_MS = 10;
/**
 * Without a delay a key takes less than a compiler at work beside it: so there are many, and the first are not counted.
 * They are the same 2 or 3 ms with everybody, by the bench's own processes.
 */
const KEYS = [
  { delayMs: 0, uncounted: 2_000, keys: 2_000 },
  { delayMs: FAR_MS, uncounted: 0, keys: 200 },
] as const;

/** What is large goes into a pipe or a file; at a terminal, the terminal would be measured. */
const PIPED = { task: 'download', streams: 'pipes' } as const;

export const GROUPS: readonly Group[] = [
  {
    name: 'download',
    rows: async (bench) => [
      {
        name: 'download at the agent’s pace',
        unit: 'MB/s',
        target: { atLeast: 1 },
        ...(await compare(bench, { ...PIPED, bytes: PACED_BYTES, pauseMs: 1 }, (contender) =>
          downloadRate(contender, PACED_BYTES),
        )),
      },
      {
        name: 'download without a pace',
        unit: 'MB/s',
        target: { atLeast: 1.5 },
        ...(await compare(bench, { ...PIPED, bytes: bench.scale.large }, (contender) =>
          downloadRate(contender, bench.scale.large),
        )),
      },
    ],
  },
  {
    name: 'upload',
    rows: async (bench) => [
      {
        name: 'upload',
        unit: 'MB/s',
        ...(await compare(bench, { task: 'upload', bytes: UPLOAD_BYTES }, (contender) =>
          uploadRate(contender, UPLOAD_BYTES),
        )),
      },
      {
        name: `upload, ${FAR_MS} ms each way`,
        unit: 'MB/s',
        target: { atLeast: 8 },
        ...(await compare(bench, { task: 'upload', bytes: UPLOAD_BYTES, delayMs: FAR_MS }, (contender) =>
          uploadRate(contender, UPLOAD_BYTES),
        )),
      },
    ],
  },
  {
    name: 'keys',
    rows: async (bench) => {
      const rows: Row[] = [];
      for (const { delayMs, ...keys } of KEYS) {
        for (const share of [0.5, 0.99]) {
          rows.push({
            name: `key and echo, ${share * 100} % of ${keys.keys}, ${delayMs} ms each way`,
            unit: 'ms',
            // A millisecond more or less is the terminal's.
            target: { atMost: 1.2 },
            ...(await compare(bench, { task: 'echo', delayMs }, (contender) =>
              keyRoundTrip(contender, { ...keys, share }),
            )),
          });
        }
      }
      return rows;
    },
  },
  {
    name: 'start',
    rows: async (bench) => [
      {
        // Our helper runs by then; the official client is started with the ticket.
        name: 'from the ticket to the first byte',
        unit: 'ms',
        target: { atMost: 1 },
        ...(await compare(bench, { task: 'echo' }, async ({ tally }) => {
          const startedAt = performance.now();
          await tally.mark();
          return performance.now() - startedAt;
        })),
        ours: await ticketToFirstByte(bench),
      },
    ],
  },
  {
    name: 'cost',
    rows: async (bench) => {
      const opening = { ...PIPED, bytes: bench.scale.large };
      const size = `${bench.scale.large / 1e6} MB`;
      const cost = (figure: 'cpuSeconds' | 'peakMb') =>
        compare(bench, opening, async ({ tally, pid }) => {
          await tally.bytes(bench.scale.large);
          return costOf(pid)[figure];
        });
      return [
        { name: `processor time of ${size}`, unit: 's', ...(await cost('cpuSeconds')) },
        { name: `peak memory of ${size}`, unit: 'MB', ...(await cost('peakMb')) },
      ];
    },
  },
  { name: 'exec', rows: execRows },
  { name: 'life', rows: lifeRows },
  { name: 'data', rows: dataRows },
  { name: 'tunnel', rows: tunnelRows },
  { name: 'database', rows: databaseRows },
];

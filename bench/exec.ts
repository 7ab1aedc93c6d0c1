import { Writable } from 'node:stream';
import { exec, type ExecOptions } from '../__tests__/support/exec';
import { startGateway } from '../__tests__/support/gateway';
import { content } from './content';
import type { Bench } from './measure';
import type { Row } from './row';
import { median } from './statistics';

/** The agent reads 1024 bytes a millisecond, so this takes some seconds. */
const PACED_BYTES = 2_000_000;
const FAST = { firstOutputDelayMs: 0, readPauseMs: 0 };

/** `exec` as a whole: a shell, its frames and Base64, through the local gateway and agent. No other client has it. */
export async function execRows({ scale }: Bench): Promise<Row[]> {
  await using gateway = await startGateway(FAST);
  const rate = async (bytes: number, line: string, options: ExecOptions): Promise<number> => {
    const startedAt = performance.now();
    await exec(gateway, ['sh', '-c', line], options);
    return bytes / 1000 / (performance.now() - startedAt);
  };
  const nowhere = (): Writable =>
    new Writable({
      write: (_chunk, _encoding, done) => {
        done();
      },
    });
  const large = Math.min(scale.large, 50_000_000);
  const out = await rate(large, `head -c ${large} /dev/zero`, { output: nowhere() });
  const input = await rate(large, 'cat >/dev/null', { input: content(large) });
  const times: number[] = [];
  for (let run = 0; run < 5; run += 1) {
    const startedAt = performance.now();
    await exec(gateway, ['true']);
    times.push(performance.now() - startedAt);
  }
  const ends: number[] = [];
  for (let run = 0; run < 5; run += 1) {
    // The last thing the command does is to tell the time.
    const { output } = await exec(gateway, ['date', '+%s%N']);
    ends.push(Date.now() - Number(output.toString()) / 1e6);
  }
  gateway.setFaults({ ...FAST, readPauseMs: 1 });
  const paced = await rate(PACED_BYTES, `head -c ${PACED_BYTES} /dev/zero`, { output: nowhere() });
  return [
    { name: 'exec, out, at the agent’s pace', unit: 'MB/s', ours: paced },
    { name: 'exec, out, without a pace', unit: 'MB/s', ours: out },
    { name: 'exec, in', unit: 'MB/s', ours: input },
    { name: 'exec of true, from the ticket to its exit code', unit: 'ms', ours: median(times) },
    { name: 'exec of date, from its end to the end of the session', unit: 'ms', ours: median(ends) },
  ];
}

import { randomBytes } from 'node:crypto';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { findOnPath } from '../../../src/local-aws/tools';
import { plainTerminalCommand, terminalCommand } from '../../../src/remote/start';
import { Session } from '../../../src/session/session';
import { temporaryDirectory } from '../../support/bastion';
import { containerWith, exec, openInput, REMOTE_SHELLS } from '../../support/exec';
import { type GatewayHarness, startGateway } from '../../support/gateway';
import { UNSIGNED } from '../../support/unsigned';

const LEFT_AFTER_MS = 5_000;

let gateway: GatewayHarness;

beforeAll(async () => {
  gateway = await startGateway({ firstOutputDelayMs: 0 });
});

afterAll(() => gateway[Symbol.asyncDispose]());

/** A session is one for `status` and for the task's lease as long as a process of it runs. */
async function nothingIsLeft(): Promise<void> {
  const left = (): readonly unknown[] => [...gateway.processes(), ...gateway.gateway.sessions()];
  for (const until = Date.now() + LEFT_AFTER_MS; left().length > 0 && Date.now() < until;) await sleep(20);
  expect(left()).toEqual([]);
}

/** The environment with a `psql`, for which commands at a terminal wait. */
function withClient(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const bin = join(temporaryDirectory(), 'bin');
  mkdirSync(bin);
  symlinkSync(findOnPath('true') ?? '', join(bin, 'psql'));
  return { ...environment, PATH: `${environment.PATH ?? ''}:${bin}` };
}

describe.each(REMOTE_SHELLS)('with %s in the container, nothing is left', (shell) => {
  const environment = containerWith(shell);

  it.each([
    ['true', 0],
    ['exit 3', 3],
    ['kill -KILL $$', 137],
    ['kill -TERM $$', 143],
    ['nosuchprogram', 127],
    ['exec >&- 2>&-', 0],
    ['seq 1 20000', 0],
  ])('of `%s`', async (line, expected) => {
    expect((await exec(gateway, ['sh', '-c', line], { environment })).exitCode).toBe(expected);
    await nothingIsLeft();
  });

  it('of a command whose input stays open', async () => {
    const input = openInput();
    expect((await exec(gateway, ['true'], { environment, input })).exitCode).toBe(0);
    await nothingIsLeft();
    input.destroy();
  });

  it('of one whose input goes on, and that has taken a part', async () => {
    const input = openInput();
    input.write(randomBytes(300_000));
    const { exitCode, output } = await exec(gateway, ['head', '-c', '1000'], { environment, input });
    expect([exitCode, output.length]).toEqual([0, 1000]);
    await nothingIsLeft();
    input.destroy();
  });

  it('of one that does not read what comes', async () => {
    const input = randomBytes(500_000);
    expect((await exec(gateway, ['sleep', '0.3'], { environment, input })).exitCode).toBe(0);
    await nothingIsLeft();
  });

  it('in a container that lacks tools', async () => {
    // busybox has all of them in one.
    const poor = containerWith(shell === 'busybox' ? 'dash' : shell, { without: ['dd', 'base64'] });
    await expect(exec(gateway, ['true'], { environment: poor })).rejects.toThrow('base64 dd');
    await nothingIsLeft();
  });

  it.each([
    ['true', ['true']],
    ['a killed program', ['sh', '-c', 'kill -KILL $$']],
    ['a program that is not there', ['nosuchprogram']],
    ['a program that reads', ['head', '-n', '1']],
  ])('of a command at a terminal: %s', async (_, words) => {
    for (const command of [terminalCommand(words, 'n0nce'), plainTerminalCommand(words)]) {
      const ticket = gateway.start(command, { environment: withClient(environment) });
      await using session = await Session.open(ticket, { access: UNSIGNED });
      session.input.write('typed ahead\r');
      await text(session.output);
      await session.closed;
      await nothingIsLeft();
    }
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { kill } from '../../../src/local-aws/processes';
import { leaseCommand } from '../../../src/remote/lease';
import { containerWith, REMOTE_SHELLS, type RemoteShell } from '../../support/exec';

const started: ChildProcess[] = [];

afterEach(() => {
  for (const { pid } of started.splice(0)) if (pid !== undefined) kill(-pid, 'SIGKILL');
});

/** A container's first process, in a process group as the container is one. */
function start(
  shell: RemoteShell,
  command: readonly string[],
  { idle = 100, lifetime = 100, container = `http://127.0.0.1/${process.pid}-${started.length}-${shell}` } = {},
): { readonly child: ChildProcess; readonly ended: Promise<{ readonly code: unknown; readonly said: string }> } {
  const [program = '', ...args] = leaseCommand(command, { idleSeconds: idle, lifetimeSeconds: lifetime });
  const child = spawn(program, args, {
    env: { ...containerWith(shell), ECS_CONTAINER_METADATA_URI_V4: container },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  started.push(child);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const saidAll = once(child, 'close');
  const ended = once(child, 'exit').then(async ([code, signal]) => {
    // As in a container, whose other processes end with its first; what that has said may still be on its way.
    if (child.pid !== undefined) kill(-child.pid, 'SIGKILL');
    await saidAll;
    return { code: (code ?? signal) as unknown, said };
  });
  return { child, ended };
}

/** What a session's worker looks like from inside the container. */
function session(container: string): ChildProcess {
  const worker = spawn('sh', ['-c', 'sleep 100; :', 'ssm-session-worker', 'ecs-execute-command-1'], {
    env: { PATH: process.env.PATH, ECS_CONTAINER_METADATA_URI_V4: container },
    stdio: 'ignore',
    detached: true,
  });
  started.push(worker);
  return worker;
}

describe.each(REMOTE_SHELLS)('a container under a lease, with %s', (shell) => {
  it('ends when no session has been open for a while, and says so', async () => {
    const { code, said } = await start(shell, ['tail', '-f', '/dev/null'], { idle: 2 }).ended;
    expect(code).toBe(0);
    expect(said).toBe('The lease of this task has ended: no session for 2 s\n');
  });

  it('ends at its maximum age, also in the middle of a session', async () => {
    const container = 'http://127.0.0.1/old';
    session(container);
    const { code, said } = await start(shell, ['tail', '-f', '/dev/null'], { lifetime: 3, idle: 1, container }).ended;
    expect(code).toBe(0);
    expect(said).toBe('The lease of this task has ended: it is 3 s old\n');
  });

  it('counts from the end of its last session, and not those of other containers', async () => {
    const container = 'http://127.0.0.1/own';
    session('http://127.0.0.1/other');
    const own = session(container);
    const startedAt = performance.now();
    const { ended } = start(shell, ['tail', '-f', '/dev/null'], { idle: 2, container });
    setTimeout(() => {
      if (own.pid !== undefined) kill(-own.pid, 'SIGKILL');
    }, 3_000);
    expect(await ended).toEqual({ code: 0, said: 'The lease of this task has ended: no session for 2 s\n' });
    const seconds = (performance.now() - startedAt) / 1000;
    expect(seconds).toBeGreaterThan(3.9);
  });

  it('ends with its command, and with its exit code', async () => {
    const { code } = await start(shell, ['sh', '-c', 'exit 7']).ended;
    expect(code).toBe(7);
  });

  it('keeps its command as it is', async () => {
    const { said } = await start(shell, ['printf', '%s|', "it's", '', 'a b', '$HOME']).ended;
    expect(said).toBe("it's||a b|$HOME|");
  });

  it('ends at once when ECS stops it', async () => {
    const { child, ended } = start(shell, ['tail', '-f', '/dev/null']);
    setTimeout(() => child.kill('SIGTERM'), 500);
    expect((await ended).code).toBe(143);
  });
});

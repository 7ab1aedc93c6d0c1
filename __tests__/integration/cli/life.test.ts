import { setTimeout as sleep } from 'node:timers/promises';
import { type Bastion, caller, FAST, startBastion, startTask } from '../../support/bastion';
import { CONNECT, PROJECT, runHelper, startHelper } from '../../support/helper';
import { Tmux } from '../../support/tmux';

let bastion: Bastion;

beforeAll(async () => {
  bastion = await startBastion({ faults: FAST });
});

afterAll(() => bastion[Symbol.asyncDispose]());

afterEach(async () => {
  bastion.aws.setFaults(FAST);
  await helper('stop', '--all', '--yes');
  await noTaskRuns();
});

function helper(...argv: string[]): ReturnType<typeof runHelper> {
  return runHelper(['--outputs', bastion.outputsFile, ...argv], bastion.aws.environment);
}

/** Waits until every task has ended. */
async function noTaskRuns(withinMs = 10_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (bastion.aws.tasks().some(({ lastStatus }) => lastStatus !== 'STOPPED')) {
    if (Date.now() > deadline) throw new Error('a task still runs');
    await sleep(50);
  }
}

const running = (): string[] =>
  bastion.aws.tasks().flatMap(({ desiredStatus, taskArn }) => (desiredStatus === 'RUNNING' ? [String(taskArn)] : []));
const idOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

/** Starts a task as the helper does. @returns its id */
async function start(...argv: string[]): Promise<string> {
  const { output, exitCode, story } = await helper('start', ...argv);
  if (exitCode !== 0) throw new Error(story);
  return output.trim();
}

/** A terminal in which the helper runs. */
function terminal(...argv: string[]): Tmux {
  const tmux = new Tmux({ env: bastion.aws.environment, cwd: PROJECT, columns: 160 });
  tmux.line(`${[...CONNECT, '--outputs', bastion.outputsFile, ...argv].join(' ')}; echo "code $?"`);
  return tmux;
}

describe('start', () => {
  it('prints the id of a task that can be used, and the task says whose it is and what for', async () => {
    const { output, story, exitCode } = await helper(
      'start',
      '--reason',
      'ticket 7: 売上 <check>',
      '--max-lifetime',
      '1h',
    );
    expect(exitCode).toBe(0);
    expect(output).toMatch(/^[0-9a-f]{32}\n$/);
    expect(story).toMatch(/It ends 10 min after its last session, and when it is 1 h old/);
    const [task] = bastion.aws.tasks().slice(-1);
    expect(task?.startedBy).toMatch(/^aurora-bastion\/\w+/);
    const tags = Object.fromEntries(
      (task?.tags as { key: string; value: string }[]).map(({ key, value }) => [key, value]),
    );
    expect(tags).toMatchObject({ 'aurora-bastion:reason': 'ticket 7: 売上  check ' });
    expect(tags['aurora-bastion:owner']).toMatch(/^arn:aws:/);
    const left = Date.parse(tags['aurora-bastion:expires'] ?? '') - Date.now();
    expect(left).toBeGreaterThan(3_500_000);
    expect(left).toBeLessThan(3_600_000);
  });

  it('leaves nothing when the task does not come up', async () => {
    bastion.aws.setFaults({ ...FAST, agentFailure: 'never' });
    const { output, story, exitCode } = await helper('start', '--start-timeout', '1s');
    expect([output, exitCode]).toEqual(['', 1]);
    expect(story).toMatch(/runs, but its exec agent has not connected/);
    await noTaskRuns();
  });
});

describe('a task', () => {
  it('that was started by itself serves sessions, and stays', async () => {
    const id = await start();
    const { output, exitCode } = await helper('--task', id, 'psql', '-A', '-t', '-c', 'select 6 * 7');
    expect([output, exitCode]).toEqual(['42\n', 0]);
    expect(running().map(idOf)).toEqual([id]);
  });

  it('ends when nobody is left, though the helper was killed', async () => {
    const killed = startHelper(
      ['--outputs', bastion.outputsFile, '--idle-timeout', '2s', 'exec', '--', 'sleep 1000'],
      bastion.aws.environment,
    );
    await killed.tells(/Connecting .* connected/);
    killed.process.kill('SIGKILL');
    // The service ends a session that nobody types in; that is what its idle limit is for.
    bastion.aws.setFaults({ ...FAST, idleLimitMs: 500 });
    await noTaskRuns();
    const { stoppedReason, containers } = bastion.aws.tasks().at(-1) ?? {};
    expect(stoppedReason).toBe('Essential container in task exited');
    expect(containers).toMatchObject([{ exitCode: 0 }]);
  });

  it('ends at its age in the middle of a session, and the session says why', async () => {
    const { story, exitCode } = await helper('--max-lifetime', '3s', 'exec', '--', 'sleep 1000');
    expect(story).toMatch(/The session was lost: The task \w+ has stopped: its lease ended/);
    expect(exitCode).toBe(255);
    await noTaskRuns();
  });

  it('is kept with --keep, and found again with --reuse', async () => {
    const kept = await helper('--keep', 'exec', '--', 'echo one');
    expect(kept.story).toMatch(/is left running; it ends 10 min after its last session/);
    const [arn = ''] = running();
    const again = await helper('--reuse', 'exec', '--', 'echo two');
    expect(again.output).toBe('two\n');
    expect(again.story).toContain(`Using your bastion ${idOf(arn)}, which is left running`);
    expect(running()).toEqual([arn]);
  });

  it('is started with --reuse where there is none, and stopped again', async () => {
    await startTask(bastion); // somebody else's
    const { output, story } = await helper('--reuse', 'exec', '--', 'echo one');
    expect(output).toBe('one\n');
    expect(story).toMatch(/No bastion of yours runs: a new one is started[^]*Stopping the bastion task … stopped/);
    expect(running()).toHaveLength(1);
  });

  it('is started once, though the answer to RunTask is lost again and again', async () => {
    bastion.aws.setFaults({ ...FAST, apiFailureRate: 1, apiFailuresOf: 'ecs:RunTask', apiFailuresLoseAnswers: true });
    const before = bastion.aws.tasks().length;
    const { output, exitCode } = await helper('exec', '--', 'echo one');
    expect([output, exitCode]).toEqual(['one\n', 0]);
    expect(bastion.aws.tasks()).toHaveLength(before + 1);
    await noTaskRuns();
  });

  it('that cannot be stopped is named with the command that stops it, and its lease', async () => {
    bastion.aws.setFaults({ ...FAST, apiErrors: { 'ecs:StopTask': 'AccessDeniedException: not you' } });
    const { story, exitCode } = await helper('exec', '--', 'true');
    expect(exitCode).toBe(1);
    expect(story).toMatch(/It ends by itself 10 min after its last session/);
    expect(story).toMatch(
      /could not be stopped and still runs \(not you\)\nStop it with: aws ecs stop-task --cluster \S+ --task \w+/,
    );
  });
});

describe('a choice', () => {
  it('is a list at a terminal', async () => {
    const [one, two] = [await start('--reason', 'first'), await start('--reason', 'second')];
    using tmux = terminal('--reuse', 'exec', '-t', '--', 'echo', '"in $AWS_REGION"');
    await tmux.shows(new RegExp(`1  ${one}.*for: first\\n *2  ${two}.*for: second\\nWhich one\\? \\[1-2\\]`));
    tmux.line('7');
    await tmux.shows(/\[1-2\] 7\nWhich one\?/);
    tmux.line('2');
    await tmux.shows(new RegExp(`Using your bastion ${two}[^]*in [^]*code 0`));
  });

  it('is an error that names them without one', async () => {
    const ids = [await start(), await start()];
    const { story, exitCode } = await helper('--reuse', 'exec', '--', 'true');
    expect(exitCode).toBe(1);
    for (const id of ids) expect(story).toContain(id);
    expect(story).toMatch(/There is more than one bastion of yours[^]*Name one with --task/);
  });
});

describe('status', () => {
  it('tells of every bastion: owner, age, sessions, end, reason', async () => {
    const id = await start('--reason', 'a look', '--max-lifetime', '2h');
    const other = idOf(await startTask(bastion));
    const session = startHelper(
      ['--outputs', bastion.outputsFile, '--task', id, 'exec', '--', 'sleep 1000'],
      bastion.aws.environment,
    );
    await session.tells(/connected/);
    const { output, exitCode } = await helper('status');
    expect(exitCode).toBe(0);
    expect(output).toMatch(/^TASK +OWNER +STATUS +AGE +SESSIONS +ENDS +REASON$/m);
    expect(output).toMatch(new RegExp(`^${id} +\\w+ +running +\\d+ s +1 +in 1 h 59 min at most +a look$`, 'm'));
    expect(output).toMatch(new RegExp(`^${other} +- +\\w+ +\\d+ s +0 +-$`, 'm'));
    session.process.kill('SIGTERM');
    await session.exitCode;
  });

  it('is JSON for programs', async () => {
    const id = await start();
    const { output } = await helper('status', '--json');
    expect(JSON.parse(output)).toMatchObject({
      cluster: bastion.cluster,
      region: 'ap-northeast-1',
      tasks: [{ id, status: 'RUNNING', isReady: true, sessions: [] }],
      service: null,
    });
  });

  it('says that nothing runs', async () => {
    expect(await helper('status')).toMatchObject({
      output: 'No bastion runs in aurora-bg-bastion-cluster\n',
      exitCode: 0,
    });
  });

  it('tells what a service is about when nothing of it runs', async () => {
    const call = caller(bastion.aws);
    const service = { cluster: bastion.cluster, serviceName: 'aurora-bg-bastion-service' };
    // Without subnets its tasks cannot be placed.
    await call('ecs', 'CreateService', { ...service, taskDefinition: 'aurora-bg-bastion', desiredCount: 1 });
    await sleep(1_000);
    const { output } = await helper('status');
    expect(output).toMatch(
      /^Service aurora-bg-bastion-service: 1 desired, 0 running, 0 pending\n {2}.*unable to place a task/m,
    );
    const { story } = await helper('--service', 'exec', '--', 'true');
    expect(story).toMatch(/has no running task \(1 desired, 0 running, 0 pending\)[^]*unable to place a task/);
    await call('ecs', 'DeleteService', { cluster: bastion.cluster, service: service.serviceName, force: true });
  });
});

describe('stop', () => {
  it('stops what is named, at once', async () => {
    const [one, two] = [await start(), await start()];
    const { story, exitCode } = await helper('stop', one);
    expect(exitCode).toBe(0);
    expect(story).toContain(`Stopping ${one} … stopped`);
    expect(running().map(idOf)).toEqual([two]);
  });

  it('stops all of one’s own, and no other', async () => {
    await start();
    await start();
    const other = await startTask(bastion);
    expect(await helper('stop', '--mine', '--yes')).toMatchObject({ exitCode: 0 });
    expect(running()).toEqual([other]);
  });

  it('asks at a terminal, and does not where nobody can answer', async () => {
    const id = await start();
    const { story, exitCode } = await helper('stop', '--all');
    expect(exitCode).toBe(2);
    expect(story).toMatch(/nobody to ask[^]*Pass --yes/);
    using tmux = terminal('stop');
    await tmux.shows(new RegExp(`${id}.*\\nStop it\\? \\[y/N\\]`));
    tmux.line('n');
    await tmux.shows(/Nothing was stopped\ncode 1/);
    expect(running().map(idOf)).toEqual([id]);
    tmux.line(`${[...CONNECT, '--outputs', bastion.outputsFile].join(' ')} stop; echo "code $?"`);
    await tmux.shows(/code 1[^]*Stop it\? \[y\/N\]/);
    tmux.line('y');
    await tmux.shows(/… stopped[^]*code 0/);
  });

  it('says that there is nothing, or no such task', async () => {
    expect(await helper('stop')).toMatchObject({
      exitCode: 0,
      story: expect.stringContaining('No bastion of yours') as string,
    });
    expect(await helper('stop', 'f00')).toMatchObject({
      exitCode: 1,
      story: expect.stringContaining('There is no task f00') as string,
    });
  });
});

describe('logs', () => {
  it('are those of the own bastion, and of one that has ended', async () => {
    const id = await start();
    for (const argv of [['logs'], ['logs', '--task', id]]) {
      let output = '';
      for (let tries = 0; !/Complete!/.test(output) && tries < 10; tries += 1) ({ output } = await helper(...argv));
      expect(output).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z Installing: /m);
      await helper('stop', '--mine', '--yes');
      await noTaskRuns();
    }
  });

  it('are followed until the task ends', async () => {
    const id = await start();
    const follower = startHelper(['--outputs', bastion.outputsFile, 'logs', '--follow'], bastion.aws.environment);
    while (!follower.output().includes('Complete!')) await sleep(50);
    await helper('stop', id);
    expect(await follower.exitCode).toBe(0);
  });

  it('of a task that never was are empty, and that is said', async () => {
    const { story, exitCode } = await helper('logs', '--task', 'f00');
    expect(exitCode).toBe(0);
    expect(story).toMatch(/nothing in the log of f00/);
  });
});

it('--timing tells where the time went', async () => {
  const { story } = await helper('--timing', 'exec', '--', 'true');
  expect(story).toMatch(
    /^Timing: start-up \d\.\d\d s, outputs \d\.\d\d s, identity and definition \d\.\d\d s, starting a bastion task \d\.\d\d s, waiting for the task \w+ \d+\.\d\d s, connecting to its exec agent \d\.\d\d s, the first word of the session \d\.\d\d s; in all \d+\.\d\d s$/m,
  );
});

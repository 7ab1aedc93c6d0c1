import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Bastion,
  caller,
  element,
  query,
  startBastion,
  startTask,
  temporaryDirectory,
} from '../../support/bastion';
import { CONNECT, PROJECT, runHelper, startHelper } from '../../support/helper';
import { Tmux } from '../../support/tmux';
import { processesWith } from '../../../src/local-aws/processes';

let bastion: Bastion;

beforeAll(async () => {
  bastion = await startBastion();
}, 60_000);

afterAll(async () => {
  const { id } = bastion.aws;
  await bastion[Symbol.asyncDispose]();
  expect(processesWith(`LOCAL_AWS_INSTANCE=${id}`)).toEqual([]);
}, 60_000);

afterEach(() => {
  bastion.aws.setFaults({});
});

/** Whether a process is the helper, and not the shell or the terminal around it. */
const isHelper = (pid: number): boolean =>
  readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('src/cli/bin/connect');

const withOutputs = (...argv: string[]): string[] => ['--outputs', bastion.outputsFile, ...argv];

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await condition()) return;
    await sleep(50);
  }
  throw new Error(`${what} does not come`);
}

/** Waits until every task has ended, and fails if one does not. */
async function noTaskRuns(): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (bastion.aws.tasks().every(({ lastStatus }) => lastStatus === 'STOPPED')) return;
    await sleep(50);
  }
  throw new Error(`tasks still run: ${JSON.stringify(bastion.aws.tasks().map(({ lastStatus }) => lastStatus))}`);
}

describe('without a terminal', () => {
  it('psql answers on standard output, and the story goes to standard error', async () => {
    const { exitCode, output, story } = await runHelper(
      withOutputs('psql', '-A', '-t', '-c', "select 'it''s', version()"),
      bastion.aws.environment,
    );
    expect(output).toMatch(/^it's\|PostgreSQL \d+.*\n$/);
    expect(story).toMatch(/^Starting a bastion task … [0-9a-f]{32} \(\d+\.\d s\)$/m);
    expect(story).toMatch(/^Stopping the bastion task … stopped/m);
    expect(exitCode).toBe(0);
    await noTaskRuns();
  });

  it('what is piped in is typed at the shell, and its end ends it', async () => {
    const helper = startHelper(withOutputs(), bastion.aws.environment, 'pipe');
    helper.process.stdin?.end('echo $((6*7))\ncat /proc/$PPID/comm >/dev/null\n');
    expect(await helper.exitCode).toBe(0);
    expect(helper.output()).toMatch(/^42$/m);
    await noTaskRuns();
  });
});

describe('in a terminal', () => {
  const open = async (terminal: Tmux): Promise<void> => {
    terminal.line([...CONNECT, ...withOutputs()].join(' '));
    await terminal.shows(/ready \(.*\)\n#$/m);
  };
  const newTerminal = (): Tmux => new Tmux({ env: bastion.aws.environment, cwd: PROJECT });

  it('a session has its size, colours, UTF-8, Ctrl-C and Ctrl-D, and leaves the terminal as it was', async () => {
    using terminal = newTerminal();
    const before = await terminal.settings();
    await open(terminal);
    terminal.line('stty size; echo $TERM');
    await terminal.shows(/^30 100\nxterm-256color/m);
    terminal.resize(120, 40);
    terminal.line('sleep 0.3; stty size');
    await terminal.shows(/^40 120$/m);
    // A shell forgets a Ctrl-C that comes between its fork and the program.
    terminal.line(`sh -c 'echo asleep; exec sleep 1000'`);
    await terminal.shows(/^asleep$/m);
    terminal.press('C-c');
    await terminal.shows(/^\^C\n#$/m);
    terminal.line('echo 田中太郎 | wc -m');
    await terminal.shows(/^5$/m);
    terminal.line('psql');
    await terminal.shows(/mydb=>$/m);
    terminal.line('select 1+1 as two;');
    await terminal.shows(/^ {3}2$/m);
    terminal.line('\\q');
    await terminal.shows(/\\q\n#$/m);
    terminal.press('C-d');
    await terminal.shows(/Stopping the bastion task … stopped/);
    expect(await terminal.settings()).toBe(before);
    await noTaskRuns();
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)(
    '%s in mid-session stops the task and restores the terminal',
    async (signal) => {
      using terminal = newTerminal();
      const before = await terminal.settings();
      await open(terminal);
      const pids = processesWith(bastion.aws.endpoint).filter(isHelper);
      expect(pids).toHaveLength(1);
      for (const pid of pids) process.kill(pid, signal);
      await terminal.shows(/Stopping the bastion task … stopped/);
      expect(await terminal.settings()).toBe(before);
      await noTaskRuns();
    },
  );

  it('Ctrl-C while the task starts stops it', async () => {
    bastion.aws.setFaults({ startDelayMs: 20_000 });
    using terminal = newTerminal();
    terminal.line(`${[...CONNECT, ...withOutputs()].join(' ')}; echo "code $?"`);
    await terminal.shows(/Waiting for the task/);
    terminal.press('C-c');
    await terminal.shows(/Stopping the bastion task … stopped[^]*code 130/);
    await noTaskRuns();
  });

  it('a terminal that is closed in mid-session stops the task', async () => {
    const terminal = newTerminal();
    await open(terminal);
    terminal[Symbol.dispose]();
    await noTaskRuns();
  });
});

describe('a failure has a name, leaves no task, and shows no stack', () => {
  const fails = async (...argv: string[]): Promise<string> => {
    const { exitCode, output, story } = await runHelper(withOutputs(...argv), bastion.aws.environment);
    expect(exitCode).toBe(1);
    expect(output).toBe('');
    expect(story).not.toMatch(/^\s+at /m);
    await noTaskRuns();
    return story;
  };

  it('no room for the task', async () => {
    bastion.aws.setFaults({ runTaskFailure: 'RESOURCE:ENI' });
    expect(await fails()).toMatch(/ECS did not start the task: .*RESOURCE:ENI/);
  });

  it('the image cannot be pulled', async () => {
    bastion.aws.setFaults({ imagePullFailure: true });
    expect(await fails()).toMatch(/has stopped: its image cannot be pulled \(CannotPullContainerError/);
  });

  it('the cluster does not exist', async () => {
    expect(await fails('--cluster', 'nope')).toMatch(/cluster does not exist[^]*cdktf deploy/);
  });

  it('the task does not exist', async () => {
    expect(await fails('--task', 'f00')).toMatch(/There is no task f00 in the cluster/);
  });

  it('there is no service', async () => {
    expect(await fails('--service')).toMatch(
      /There is no service aurora-bg-bastion-service in the cluster[^]*bastion_enable_service=true/,
    );
  });

  it('the service has no task', async () => {
    const service = { cluster: bastion.cluster, serviceName: 'aurora-bg-bastion-service' };
    const call = caller(bastion.aws);
    await call('ecs', 'CreateService', { ...service, taskDefinition: 'aurora-bg-bastion', desiredCount: 0 });
    expect(await fails('--service')).toMatch(/service aurora-bg-bastion-service has no running task/);
    await call('ecs', 'DeleteService', { cluster: bastion.cluster, service: service.serviceName, force: true });
  });

  it('the task dies in mid-session', async () => {
    bastion.aws.setFaults({ taskDiesAfterMs: 4000 });
    const helper = startHelper(withOutputs('psql', '-c', 'select pg_sleep(60)'), bastion.aws.environment);
    await helper.exitCode;
    expect(helper.story()).not.toMatch(/^\s+at /m);
    await noTaskRuns();
  });

  it('AWS cannot be reached', async () => {
    const nowhere = 'http://127.0.0.1:1';
    const endpoints = { AWS_ENDPOINT_URL: nowhere, AWS_ENDPOINT_URL_ECS: nowhere, AWS_ENDPOINT_URL_SSM: nowhere };
    const env = { ...bastion.aws.environment, ...endpoints, AWS_MAX_ATTEMPTS: '1' };
    const { exitCode, story } = await runHelper(withOutputs(), env);
    expect(story).toMatch(/AWS cannot be reached for (sts|ecs):\w+/);
    expect(exitCode).toBe(1);
  });

  it('there are no credentials', async () => {
    const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _key, ...env } = bastion.aws.environment;
    const { exitCode, story } = await runHelper(withOutputs(), env);
    expect(story).toMatch(/No AWS credentials were found[^]*--profile/);
    expect(exitCode).toBe(1);
  });
});

it('a slow agent is waited for, and one that cannot be reached yet is asked again', async () => {
  bastion.aws.setFaults({ agentDelayMs: 2000, targetNotConnectedMs: 3000 });
  const { exitCode, output } = await runHelper(withOutputs('psql', '-At', '-c', 'select 7'), bastion.aws.environment);
  expect([exitCode, output]).toEqual([0, '7\n']);
  await noTaskRuns();
});

describe('without outputs', () => {
  const nowhere = { CDKTF_OUTPUT: '/nowhere/cdktf.out' };

  it('says why, and what is missing in AWS too', async () => {
    const { exitCode, story } = await runHelper([], { ...bastion.aws.environment, ...nowhere });
    expect(story).toMatch(/^The stack has not been synthesized here: looking the network up in AWS by its names$/m);
    expect(story).toMatch(/look-up in AWS failed too: There is no security group aurora-bg-bastion-sg[^]*cdktf deploy/);
    expect(exitCode).toBe(1);
  });

  it('finds the network by its names', async () => {
    const ec2 = (form: Record<string, string>): Promise<string> =>
      query(bastion.aws, 'ec2', { Version: '2016-11-15', ...form });
    const VpcId = element(await ec2({ Action: 'CreateVpc', CidrBlock: '10.0.0.0/16' }), 'vpcId');
    await ec2({
      Action: 'CreateSubnet',
      VpcId,
      CidrBlock: '10.0.100.0/24',
      'TagSpecification.1.ResourceType': 'subnet',
      'TagSpecification.1.Tag.1.Key': 'Name',
      'TagSpecification.1.Tag.1.Value': 'private-ap-northeast-1a',
    });
    await ec2({ Action: 'CreateSecurityGroup', VpcId, GroupName: 'aurora-bg-bastion-sg', GroupDescription: 'test' });
    const { exitCode, output } = await runHelper(['psql', '-At', '-c', 'select 9'], {
      ...bastion.aws.environment,
      ...nowhere,
    });
    expect([exitCode, output]).toEqual([0, '9\n']);
    await noTaskRuns();
  });
});

describe('the command line', () => {
  it('--help prints the file help', async () => {
    const { exitCode, output, story } = await runHelper(['--help'], process.env);
    expect([exitCode, output, story]).toEqual([0, readFileSync(join(PROJECT, 'help'), 'utf8'), '']);
  });

  it.each([['--help'], ['-h'], ['--nope'], ['status', '--nope'], ['--outputs', '/nowhere', 'exec', '--', 'two words']])(
    'by npm, %s is what it is without',
    async (...argv) => {
      const byNpm = spawnSync('npm', ['run', '--silent', 'connect', '--', ...argv], {
        cwd: PROJECT,
        encoding: 'utf8',
      });
      const { exitCode, output, story } = await runHelper(argv, process.env);
      expect([byNpm.status, byNpm.stdout]).toEqual([exitCode, output]);
      expect(byNpm.stderr).toContain(story);
    },
  );

  it('a wrong one ends with 2 and says where help is', async () => {
    const { exitCode, output, story } = await runHelper(['--nope'], process.env);
    expect([exitCode, output]).toEqual([2, '']);
    expect(story).toBe("Error: Unknown option '--nope'\nSee --help\n");
  });

  it('--plugin without a plugin says so before it starts anything', async () => {
    const { exitCode, story } = await runHelper(withOutputs('--plugin'), {
      ...bastion.aws.environment,
      PATH: '/nowhere',
    });
    expect(story).toMatch(/^Error: session-manager-plugin is not on the PATH\n/);
    expect(exitCode).toBe(1);
  });

  it.each([
    ['1.2.650.0', /^The installed session-manager-plugin is 1\.2\.650\.0: AWS serves 1\.2\.764\.0 and later$/m],
    ['1.2.764.0', undefined],
    ['1.3.0.0', undefined],
  ])('--plugin with version %s says so when it is too old', async (version, warning) => {
    const directory = temporaryDirectory();
    const program = join(directory, 'session-manager-plugin');
    writeFileSync(program, `#!/bin/sh\ncase $1 in --version) echo ${version} ;; esac\n`, { mode: 0o755 });
    const { exitCode, story } = await runHelper(withOutputs('--plugin'), {
      ...bastion.aws.environment,
      PATH: `${directory}:${process.env.PATH ?? ''}`,
    });
    if (warning === undefined) expect(story).not.toContain('AWS serves');
    else expect(story).toMatch(warning);
    expect(exitCode).toBe(0);
  });

  it('an outputs file that is not there is named', async () => {
    const { exitCode, story } = await runHelper(['--outputs', '/nowhere/outputs.json'], process.env);
    expect(story).toMatch(/The outputs file \/nowhere\/outputs.json cannot be read \(there is none\)/);
    expect(exitCode).toBe(1);
  });
});

it('a task that was there before is left running', async () => {
  const call = caller(bastion.aws);
  const taskArn = await startTask(bastion);
  const { exitCode, output } = await runHelper(
    withOutputs('--task', taskArn, 'psql', '-At', '-c', 'select 8'),
    bastion.aws.environment,
  );
  expect([exitCode, output]).toEqual([0, '8\n']);
  expect(bastion.aws.tasks().find((task) => task.taskArn === taskArn)?.lastStatus).toBe('RUNNING');
  await call('ecs', 'StopTask', { cluster: bastion.cluster, task: taskArn });
  await noTaskRuns();
});

const plugin = process.env.SESSION_MANAGER_PLUGIN ?? '';
if (plugin !== '') {
  // The one whose source can be had is older than what AWS demands today.
  beforeEach(() => {
    bastion.aws.setFaults({ olderService: true });
  });

  it('--plugin hands the session to the official client', async () => {
    const env = { ...bastion.aws.environment, PATH: `${dirname(plugin)}:${process.env.PATH ?? ''}` };
    using terminal = new Tmux({ env, cwd: PROJECT });
    terminal.line([...CONNECT, ...withOutputs('--plugin')].join(' '));
    await terminal.shows(/Starting session with SessionId: .*\n#$/m);
    terminal.line(`sh -c 'echo asleep; exec sleep 1000'`);
    await terminal.shows(/^asleep$/m);
    terminal.press('C-c');
    await terminal.shows(/^\^C\n#$/m);
    terminal.line('echo $((6*7)); exit');
    await terminal.shows(/^42$[^]*Stopping the bastion task … stopped/m);
    await noTaskRuns();
  });

  it('the AWS CLI opens a session with the official client', async () => {
    const call = caller(bastion.aws);
    const env = { ...bastion.aws.environment, PATH: `${dirname(plugin)}:${process.env.PATH ?? ''}` };
    const taskArn = await startTask(bastion);
    await until('the agent', async () => {
      const {
        tasks: [task],
      } = (await call('ecs', 'DescribeTasks', { cluster: bastion.cluster, tasks: [taskArn] })) as {
        tasks: { containers: { managedAgents: { lastStatus: string }[] }[] }[];
      };
      return task?.containers[0]?.managedAgents[0]?.lastStatus === 'RUNNING';
    });
    await sleep(1000); // TargetNotConnectedException ends; the AWS CLI does not ask again
    using terminal = new Tmux({ env, cwd: PROJECT });
    terminal.line(
      `aws ecs execute-command --cluster ${bastion.cluster} --task ${taskArn} --container bastion --interactive --command /bin/sh`,
    );
    await terminal.shows(/Starting session with SessionId: .*\n#$/m);
    terminal.line('psql -At -c "select 6*7"; exit');
    await terminal.shows(/^42$[^]*Exiting session with sessionId/m);
    await call('ecs', 'StopTask', { cluster: bastion.cluster, task: taskArn });
    await noTaskRuns();
  });
}

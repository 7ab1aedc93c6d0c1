import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Policy } from '../../../src/local-aws/iam/evaluate';
import { requirePostgres } from '../../../src/local-aws/tools';
import { type Bastion, caller, element, FAST, query as callForm, startBastion, startTask } from '../../support/bastion';
import { eventually } from '../../support/eventually';
import { type Helper, runHelper, startHelper } from '../../support/helper';
import { Destinations } from '../local-aws/agent/destinations';

let bastion: Bastion;
let helpers: Helper[] = [];

beforeAll(async () => {
  bastion = await startBastion({ faults: FAST });
}, 60_000);

afterAll(() => bastion[Symbol.asyncDispose](), 60_000);

afterEach(async () => {
  bastion.aws.setFaults(FAST);
  for (const { process, exitCode } of helpers) {
    process.kill('SIGTERM');
    await exitCode;
  }
  helpers = [];
  await helper('stop', '--all', '--yes');
}, 30_000);

const environment = (): NodeJS.ProcessEnv => ({
  ...bastion.aws.environment,
  PATH: `${requirePostgres()}:${process.env.PATH ?? ''}`,
  PGSSLROOTCERT: bastion.aws.databaseAuthority,
});
const withOutputs = (...argv: string[]): string[] => ['--outputs', bastion.outputsFile, ...argv];
const helper = (...argv: string[]): ReturnType<typeof runHelper> => runHelper(withOutputs(...argv), environment());
const forward = (...argv: string[]): ReturnType<typeof runHelper> => helper('forward', ...argv);

/** Starts `forward` and waits until its ports are open. */
async function listen(...argv: string[]): Promise<Helper & { readonly ports: readonly number[] }> {
  const started = startHelper(withOutputs('forward', ...argv), environment());
  helpers.push(started);
  await started.tells(/Ctrl-C closes/);
  const ports = [...started.story().matchAll(/127\.0\.0\.1:(\d+) →/g)].map(([, port]) => Number(port));
  return { ...started, ports };
}

/** A line of those that are printed. */
function printed({ output }: Helper, what: string): string {
  const line = new RegExp(`^${what}:\\n((?:  .*\\n)+)`, 'm').exec(output())?.[1];
  if (line === undefined) throw new Error(`no line for ${what} in:\n${output()}`);
  return line.replaceAll(/^ {2}/gm, '').trim();
}

async function query(sql: string, ...argv: string[]): Promise<string> {
  const env = { ...environment(), PGPASSWORD: secret };
  return (await promisify(execFile)('psql', ['-XAtqw', ...argv, '-c', sql], { env })).stdout.trim();
}

const at = (port: number): string[] => ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-d', 'mydb'];
const running = (): string[] =>
  bastion.aws.tasks().flatMap(({ desiredStatus, taskArn }) => (desiredStatus === 'RUNNING' ? [String(taskArn)] : []));

let secret: string;
beforeAll(async () => {
  secret = (await forward('--', 'printf %s "$PGPASSWORD"')).output;
}, 60_000);

describe('with a command', () => {
  it('logs in over TLS by the database’s own name, and closes everything', async () => {
    const { output, story, exitCode } = await forward(
      ...['--', 'psql', '-XAtqw', '-c'],
      'select 6 * 7, current_database(), ssl from pg_stat_ssl where pid = pg_backend_pid()',
    );
    expect([output, exitCode]).toEqual(['42|mydb|t\n', 0]);
    expect(story).toMatch(/127\.0\.0\.1:\d+ → writer \(.*rds\.amazonaws\.com:5432\)/);
    expect(story).toMatch(/Stopping the bastion task … stopped/);
    expect(running()).toEqual([]);
  });

  it('tells it of the database, with nothing in its arguments', async () => {
    const { output } = await forward('--', 'env | grep -E "^(PG|DATABASE_URL|FORWARDED)" | sort; ps -o args= -p $PPID');
    expect(output).toMatch(
      /^DATABASE_URL=postgresql:\/\/postgres:[^@]+@127\.0\.0\.1:\d+\/mydb\?sslmode=verify-ca&sslrootcert=\/\S+$/m,
    );
    expect(output).toMatch(/^FORWARDED_PORTS=\d+$/m);
    for (const name of ['PGDATABASE=mydb', 'PGHOSTADDR=127.0.0.1', 'PGSSLMODE=verify-full', 'PGUSER=postgres']) {
      expect(output.split('\n')).toContain(name);
    }
    expect(output).toContain(`PGPASSWORD=${secret}\n`);
    expect(output.split('\n').at(-2)).not.toContain(secret);
  });

  it.each([
    [['sh', '-c', 'exit 7'], 7],
    [['exit 9'], 9],
    [['sh', '-c', 'kill -TERM $$'], 143],
    [['no-such-command', 'x'], 127],
  ])('ends with the code of %j', async (command, code) => {
    const { exitCode, story } = await forward('--', ...command);
    expect(exitCode).toBe(code);
    expect(story).toMatch(/stopped/);
    expect(running()).toEqual([]);
  });

  it('hands a signal on, and waits for the command’s end', async () => {
    const started = startHelper(
      withOutputs('forward', '--', 'sh', '-c', 'trap "echo tidied; exit 3" TERM; echo up; while :; do sleep 0.1; done'),
      environment(),
    );
    while (!started.output().includes('up')) await sleep(20);
    started.process.kill('SIGTERM');
    expect(await started.exitCode).toBe(3);
    expect(started.output()).toContain('tidied');
    expect(running()).toEqual([]);
  });

  it('moves a database there and back with pg_dump and pg_restore', async () => {
    const script = [
      'psql -Xqw -c "create table big as select i, md5(i::text) from generate_series(1, 30000) i"',
      'pg_dump -Fc -w -t big -f "$DUMP"',
      'psql -Xqw -c "alter table big rename to old"',
      'pg_restore -w -d mydb "$DUMP"',
      'psql -XAtqw -c "select count(*), count(*) filter (where b = o) from big b join old o using (i)"',
      'psql -Xqw -c "drop table big, old"',
    ];
    const started = await runHelper(withOutputs('forward', '--', script.join(' && ')), {
      ...environment(),
      DUMP: `${bastion.directory}/big.dump`,
    });
    expect(started.story).toContain('open');
    expect([started.output, started.exitCode]).toEqual(['30000|30000\n', 0]);
  }, 120_000);

  it('lets fifty clients of pgbench work at once', async () => {
    const { output, exitCode } = await forward(
      '--',
      'pgbench -i -I dtGvp -q 2>/dev/null && pgbench -n -c 50 -j 2 -t 10 && psql -Xqw -c "drop table pgbench_accounts, pgbench_branches, pgbench_history, pgbench_tellers"',
    );
    expect(output).toContain('number of transactions actually processed: 500/500');
    expect(exitCode).toBe(0);
  }, 120_000);

  it('hears what others notify', async () => {
    const { output, exitCode } = await runHelper(
      withOutputs(
        ...['forward', '--'],
        `mkfifo "$PIPE"; psql -XAtqw <"$PIPE" & exec 3>"$PIPE"; echo 'listen jobs;' >&3
         until psql -XAtqwc "select 1 from pg_stat_activity where query = 'listen jobs;'" | grep -q 1; do :; done
         psql -XAtqwc "notify jobs, 'hello'"; echo 'select 1;' >&3; exec 3>&-; wait`,
      ),
      { ...environment(), PIPE: `${bastion.directory}/listen` },
    );
    expect(output).toMatch(/^1\nAsynchronous notification "jobs" with payload "hello" received/m);
    expect(exitCode).toBe(0);
  });

  it('ends a long query by Ctrl-C, which is a second connection', async () => {
    const { output, exitCode } = await forward(
      '--',
      'psql -Xqw -c "select pg_sleep(100)" 2>&1 & until psql -XAtqw -c "select count(*) from pg_stat_activity where query like \'select pg_sleep%\'" | grep -qx 1; do sleep 0.1; done; kill -INT $!; wait $!',
    );
    expect(output).toContain('canceling statement due to user request');
    expect(exitCode).toBe(1);
  });
});

describe('without a command', () => {
  it('prints lines that work, and goes with Ctrl-C', async () => {
    const open = await listen('--port', '0');
    const env = { ...environment(), PGPASSWORD: secret };
    const psql = await promisify(execFile)('sh', ['-c', `${printed(open, 'psql')} -XAtqw -c 'select 1'`], { env });
    expect(psql.stdout).toBe('1\n');
    expect(await query('select 2', printed(open, 'URI'))).toBe('2');
    expect(printed(open, 'JDBC')).toMatch(
      /^jdbc:postgresql:\/\/127\.0\.0\.1:\d+\/mydb\?user=postgres&sslmode=verify-ca/,
    );
    expect(printed(open, 'service')).toContain('[aurora]\nhost=');
    expect(open.output() + open.story()).not.toContain(secret);
    open.process.kill('SIGINT');
    expect(await open.exitCode).toBe(130);
    expect(running()).toEqual([]);
  });

  it('refuses a certificate of somebody else', async () => {
    const open = await listen('--port', '0');
    const line = printed(open, 'psql').replace(/'host=\S+/, "'host=localhost");
    const env = { ...environment(), PGPASSWORD: secret };
    const wrong = promisify(execFile)('sh', ['-c', `${line} -XAtqw -c 'select 1'`], { env });
    await expect(wrong).rejects.toThrow(/server certificate for .* does not match host name/);
  });

  it('leads to several places at once', async () => {
    const form = { Action: 'DescribeDBClusters', Version: '2014-10-31' };
    const elsewhere = element(await callForm(bastion.aws, 'rds', form), 'Endpoint');
    const open = await listen('--writer', '--reader', '--remote', `${elsewhere}:5432`, '--port', '0');
    const [writer = 0, reader = 0, other = 0] = open.ports;
    expect(open.ports).toHaveLength(3);
    expect(await query('select 1', ...at(writer))).toBe('1');
    expect(await query('select 2', ...at(reader))).toBe('2');
    expect(await query('select 3', ...at(other))).toBe('3');
  });

  it('takes another port where one is taken, and says so', async () => {
    const first = await listen('--port', '0');
    const [taken = 0] = first.ports;
    const second = await listen('--reuse', '--port', String(taken));
    expect(second.ports[0]).not.toBe(taken);
    expect(second.story()).toContain(`port ${taken} is taken`);
    expect(await query('select 1', ...at(second.ports[0] ?? 0))).toBe('1');
  });

  it.each(['localhost', '127.0.0.1', '[::1]', 'LOCALHOST'])('leads to the task’s own ports by %s', async (host) => {
    using destinations = new Destinations();
    const port = await destinations.echo();
    const open = await listen('--remote', `${host}:${port}`, '--port', '0');
    const socket = connect(open.ports[0] ?? 0, '127.0.0.1');
    socket.write('hello');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toBe('hello');
  });

  it.each(['127.0.0.2', '169.254.169.254', '169.254.170.2', '[fd00:ec2::254]'])(
    'names what the agent forbids: %s',
    async (host) => {
      const { story, exitCode } = await forward('--remote', `${host}:80`, '--port', '0');
      const name = host.replaceAll(/[[\]]/g, '');
      expect(story).toContain(`Error: The agent may not forward to ${name}: loopback, instance metadata`);
      expect(story).toMatch(/A port of the task itself is --remote localhost:PORT\n/);
      expect(story).not.toContain('Opening another');
      expect(exitCode).toBe(1);
      expect(running()).toEqual([]);
    },
  );

  it('names it to whom runs a command, too', async () => {
    const { story, exitCode } = await forward('--remote', '169.254.169.254:80', '--', 'sleep 2; exit 3');
    expect(story).toContain('169.254.169.254:80: The agent may not forward to 169.254.169.254: loopback');
    expect(exitCode).toBe(3);
  });

  it('says that a place is not reached, and stays', async () => {
    const open = await listen('--remote', 'nobody.invalid:9', '--port', '0');
    await expect(query('select 1', ...at(open.ports[0] ?? 0))).rejects.toThrow();
    await open.tells(/cannot connect to nobody\.invalid port 9/);
    expect(open.process.exitCode).toBeNull();
  });
});

describe('with a token of IAM', () => {
  it('signs it for the database’s own name, and libpq finds it', async () => {
    const { output, exitCode, story } = await forward(
      '--iam',
      '-U',
      'app',
      '--',
      'cat "$PGPASSFILE"; env | grep -c PGPASSWORD',
    );
    expect(story).toContain('writer');
    expect(output).toMatch(
      /^\*:\d+:\*:app:[\w.-]+rds\.amazonaws\.com\\:5432\/\?Action=connect&DBUser=app&[^\n]*X-Amz-Signature=[0-9a-f]+[^\n]*\n0\n$/,
    );
    expect(exitCode).toBe(1); // grep's
    expect(/PGPASSFILE=\S+/.exec(output)).toBeNull();
  });
});

describe('when something is lost', () => {
  /** Asks until it is answered. @returns after how many ms */
  async function answered(port: number): Promise<number> {
    const startedAt = performance.now();
    for (;;) {
      const answer = await query('select 1', ...at(port)).catch(() => undefined);
      if (answer === '1') return performance.now() - startedAt;
      if (performance.now() - startedAt > 30_000) throw new Error('nobody answers');
      await sleep(50);
    }
  }

  /** Settles when it is possible to do without what is lost. */
  const lose = {
    socket: async () => {
      bastion.aws.setFaults({ ...FAST, cutEveryMs: 500 });
      await sleep(1_200); // it has been cut, and will be again
    },
    session: async () => {
      for (const { SessionId } of await sessions()) await ssm('TerminateSession', { SessionId });
    },
    task: async () => {
      const [first = ''] = running();
      await stopFromOutside(first);
      await eventually('another task', () => running().some((task) => task !== first));
    },
  };

  it.each(['socket', 'session', 'task'] as const)(
    'has the next connection answered within five seconds when the %s is lost under load',
    async (what) => {
      const open = await listen('--port', '0');
      const [port = 0] = open.ports;
      await using load = new Load(port);
      await eventually('the load', async () => (await load.connections()) === Load.CLIENTS);
      await lose[what]();
      expect(await answered(port)).toBeLessThan(5_000);
      expect(open.process.exitCode).toBeNull();
      // Where the session is still there, so is all that is open in it.
      expect(await load.connections()).toBe(what === 'socket' ? Load.CLIENTS : 0);
    },
    60_000,
  );

  it('starts another task when one has died, and the listener stays', async () => {
    const open = await listen('--port', '0');
    const [port = 0] = open.ports;
    const [first = ''] = running();
    const busy = query('select pg_sleep(60)', ...at(port));
    busy.catch(() => undefined);
    // In the first task: what begins later would go on in the second.
    while (
      (await query("select count(*) from pg_stat_activity where query = 'select pg_sleep(60)'", ...at(port))) === '0'
    ) {
      await sleep(20);
    }
    await stopFromOutside(first);
    await expect(busy).rejects.toThrow();
    await answered(port);
    expect(open.story()).toMatch(/The task \w+ has stopped/);
    const [second = '', ...more] = running();
    expect([second === first, more]).toEqual([false, []]);
    open.process.kill('SIGTERM');
    expect(await open.exitCode).toBe(143);
    expect(running()).toEqual([]);
  }, 60_000);

  it('ends with the reason when it may start no other', async () => {
    const open = await listen('--port', '0', '--no-replace');
    await stopFromOutside(running()[0] ?? '');
    expect(await open.exitCode).toBe(1);
    expect(open.story()).toMatch(/Error: The task \w+ has stopped: .*\nLeave --no-replace away/);
  });

  it('says so when a task that was named has died', async () => {
    const arn = await startTask(bastion);
    const open = await listen('--port', '0', '--task', arn);
    await stopFromOutside(arn);
    expect(await open.exitCode).toBe(1);
    expect(open.story()).toMatch(/Error: The task \w+ has stopped: .*\nLeave --task away/);
  });
});

describe('rights', () => {
  async function liveUnder(...argv: string[]): Promise<void> {
    const { output } = await helper('policy', ...argv);
    bastion.aws.setFaults({ ...FAST, policy: JSON.parse(output) as Policy });
  }

  it('those of the policy are enough', async () => {
    await liveUnder('--forward');
    expect(await forward('--', 'psql', '-XAtqw', '-c', 'select 1')).toMatchObject({ output: '1\n', exitCode: 0 });
  });

  it('those for a running task are enough for that', async () => {
    const arn = await startTask(bastion);
    await liveUnder('--forward', '--service-only');
    expect(await forward('--task', arn, '--', 'psql', '-XAtqw', '-c', 'select 1')).toMatchObject({
      output: '1\n',
      exitCode: 0,
    });
  });

  it('what is missing is named before a task is started', async () => {
    await liveUnder();
    const { exitCode, story } = await forward('--', 'true');
    expect(exitCode).toBe(1);
    expect(story).toMatch(/Not allowed to call secretsmanager:GetSecretValue/);
    expect(story).not.toContain('Starting');
  });
});

async function ssm(action: string, input: unknown): Promise<Record<string, unknown>> {
  return caller(bastion.aws)('ssm', action, input);
}

async function sessions(): Promise<readonly { readonly SessionId: string }[]> {
  return (await ssm('DescribeSessions', { State: 'Active' })).Sessions as { SessionId: string }[];
}

/** pgbench through a port, with answers that leave the agent room for others: until disposal, or until its connections are lost. */
class Load implements AsyncDisposable {
  static readonly CLIENTS = 10;
  private static readonly QUERY = "select repeat('load', 500), pg_sleep(0.01)";
  private readonly ended: Promise<unknown>;
  private readonly process: ChildProcess;

  constructor(private readonly port: number) {
    const script = join(bastion.directory, 'load.sql');
    writeFileSync(script, `${Load.QUERY};\n`);
    const argv = ['-n', '-c', String(Load.CLIENTS), '-T', '300', '-f', script, ...at(port)];
    this.process = spawn('pgbench', argv, { env: { ...environment(), PGPASSWORD: secret }, stdio: 'ignore' });
    this.ended = once(this.process, 'close');
  }

  /** As the database sees them. */
  async connections(): Promise<number> {
    return Number(
      await query("select count(*) from pg_stat_activity where application_name = 'pgbench'", ...at(this.port)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill();
    await this.ended;
  }
}

async function stopFromOutside(task: string): Promise<void> {
  await caller(bastion.aws)('ecs', 'StopTask', { cluster: bastion.cluster, task, reason: 'somebody else' });
}

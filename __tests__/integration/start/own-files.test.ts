import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join, relative, resolve } from 'node:path';
import { findOnPath } from '../../../src/local-aws/tools';
import { temporaryDirectory } from '../../support/bastion';
import { run } from '../../support/child';
import { PROJECT } from '../../support/helper';
import { ProjectCopy } from '../../support/project';

/** Modules that ours import, or would take if they were there. */
const MODULES = ['ws', 'bufferutil', 'utf-8-validate', 'esbuild', 'tsx', 'tar-stream', '@aws-sdk/client-ecs', 'tslib'];

/** A folder of somebody else's, with all that could say what is loaded; each module of it would leave a mark. */
class TheirFolder {
  readonly directory = temporaryDirectory();
  readonly temporary = temporaryDirectory();
  readonly home = temporaryDirectory();
  readonly mark = join(this.home, 'mark');

  constructor() {
    const marker = `require('node:fs').writeFileSync(${JSON.stringify(this.mark)}, __filename);\n`;
    this.write('marker.js', marker);
    for (const name of MODULES) this.write(`node_modules/${name}/index.js`, marker);
    const paths = Object.fromEntries(['*', './*', '../*', ...MODULES].map((name) => [name, ['./marker.js']]));
    this.write('tsconfig.json', JSON.stringify({ compilerOptions: { baseUrl: '.', paths } }));
    this.write('package.json', JSON.stringify({ type: 'module', main: 'marker.js', imports: { '#*': './marker.js' } }));
    this.write('.npmrc', 'node-options=--require ./marker.js\n');
    mkdirSync(join(this.temporary, `tsx-${process.getuid?.() ?? 0}`));
    for (const folder of [`tsx-${process.getuid?.() ?? 0}`, 'node-compile-cache'])
      this.writeTo(this.temporary, `${folder}/marker.js`, marker);
  }

  write(file: string, text: string): void {
    this.writeTo(this.directory, file, text);
  }

  private writeTo(folder: string, file: string, text: string): void {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }

  /** What of a list lies in the folder, or in the one for temporary files. */
  among(files: readonly string[]): string[] {
    return files.filter((file) => isBelow(this.directory, file) || isBelow(this.temporary, file));
  }
}

interface Call {
  readonly path: string;
  readonly opened: boolean;
}

interface Traced {
  readonly calls: readonly Call[];
  readonly connected: boolean;
}

/** Each file that a program and its children looked at, until it ended or connected. */
async function trace(argv: readonly string[], their: TheirFolder): Promise<Traced> {
  const strace = findOnPath('strace');
  if (strace === undefined) throw new Error('strace is not on the PATH: install it with apt-get install strace');
  const log = join(their.home, 'strace');
  const server = createServer((socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const words = argv.map((word) => word.replace('PORT', String(port)));
  const child = spawn(strace, ['-f', '-qq', '-s', '4096', '-e', 'trace=%file', '-o', log, process.execPath, ...words], {
    cwd: their.directory,
    env: {
      PATH: join(their.home, 'nothing'), // no Terraform
      HOME: their.home,
      TMPDIR: their.temporary,
      NODE_PATH: join(their.directory, 'node_modules'),
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    },
    stdio: 'ignore',
    detached: true,
  });
  try {
    const closed = once(child, 'close');
    const connected = await Promise.race([closed.then(() => false), once(server, 'connection').then(() => true)]);
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await closed;
    return { calls: callsOf(readFileSync(log, 'utf8'), their.directory), connected };
  } finally {
    server.close();
  }
}

function callsOf(log: string, directory: string): Call[] {
  return log.split('\n').flatMap((line) => {
    const [, name, path] = /^\d+ +(\w+)\([^"]*"([^"]*)"/.exec(line) ?? [];
    if (name === undefined || path === undefined || name === 'getcwd') return [];
    return [{ path: resolve(directory, path), opened: /^\d+ +open\w*\(/.test(line) && !/ = -1 /.test(line) }];
  });
}

function isBelow(folder: string, file: string): boolean {
  const way = relative(folder, file);
  return way !== '' && !way.startsWith('..');
}

const CODE = /\.([cm]?[jt]s|json|node)$/;
const STATUS = ['--cluster', 'a', 'status'];
const TICKET = JSON.stringify({ SessionId: 'a', TokenValue: 'b', StreamUrl: 'ws://127.0.0.1:PORT/' });
const SESSION = [TICKET, 'eu-west-1', 'StartSession', '', '{"Target":"a"}', 'http://127.0.0.1:PORT'];

/** Holds what a program looked at against what it may. @param own the folders whose code it may load */
function expectOwnFiles({ calls }: Traced, their: TheirFolder, own: readonly string[]): void {
  const opened = calls.filter((call) => call.opened).map(({ path }) => path);
  // The list is what it is thought to be.
  expect(
    opened.filter((path) => path.startsWith(`${PROJECT}/src/cli/bin/`) || path.includes('/launch.cjs')).length,
  ).toBeGreaterThan(0);
  expect(their.among(calls.map(({ path }) => path))).toEqual([]);
  expect(opened.filter((path) => CODE.test(path) && !own.some((folder) => isBelow(folder, path)))).toEqual([]);
  expect(existsSync(their.mark)).toBe(false);
}

const PACKAGES = realpathSync(join(PROJECT, 'node_modules'));

it.each([
  { bin: 'connect', argv: STATUS, connects: true },
  { bin: 'connect', argv: ['--help'], connects: false },
  { bin: 'session-manager-plugin', argv: SESSION, connects: true },
  { bin: 'session-manager-plugin', argv: ['--version'], connects: false },
])('$bin $argv loads nothing of the folder that it is started in', async ({ bin, argv, connects }) => {
  const their = new TheirFolder();
  const traced = await trace([join(PROJECT, 'src/cli/bin', bin), ...argv], their);
  expect(traced.connected).toBe(connects);
  expectOwnFiles(traced, their, [PROJECT, PACKAGES]);
});

it('nor does the first start, which compiles', async () => {
  const their = new TheirFolder();
  const { directory } = new ProjectCopy({});
  const traced = await trace([join(directory, 'src/cli/bin/connect'), ...STATUS], their);
  expect(traced.connected).toBe(true);
  expectOwnFiles(traced, their, [directory, PACKAGES]);
});

it('an installed package starts without its sources, by a link to it', async () => {
  const their = new TheirFolder();
  const [installed, bin] = [temporaryDirectory(), temporaryDirectory()];
  // As `npm install` unpacks it; `prepare`, which compiles, has been run before the tests.
  const packed = await run(['npm', 'pack', '--ignore-scripts', '--silent', `--pack-destination=${installed}`], {
    cwd: PROJECT,
  });
  await run(['tar', '-xzf', join(installed, packed.output.trim()), '-C', installed]);
  const directory = join(installed, 'package');
  symlinkSync(PACKAGES, join(directory, 'node_modules'));
  symlinkSync(join(directory, 'src/cli/bin/connect'), join(bin, 'aurora-bastion'));
  const traced = await trace([join(bin, 'aurora-bastion'), ...STATUS], their);
  expect(traced.connected).toBe(true);
  expectOwnFiles(traced, their, [directory, PACKAGES, bin]);
  expect(readdirSync(directory).toSorted()).toEqual([
    'README.ja.md',
    'README.md',
    'cdktf.json',
    'dist',
    'help',
    'node_modules',
    'package.json',
    'src',
  ]);
  expect(existsSync(join(directory, 'dist/src/local-aws/agent/pty.py'))).toBe(true);
});

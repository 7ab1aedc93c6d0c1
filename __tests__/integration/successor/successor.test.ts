import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { temporaryDirectory } from '../../support/bastion';
import { PROJECT } from '../../support/helper';

/** `npm run successor` with this registry and nothing cached, and a folder of its own for temporary files. */
function start(registry: string, argv: readonly string[] = []) {
  const directory = temporaryDirectory();
  const temporary = join(directory, 'tmp');
  mkdirSync(temporary);
  const child = spawn(process.execPath, ['src/start/launch.cjs', 'src/successor/main', ...argv], {
    cwd: PROJECT,
    env: {
      ...process.env,
      TMPDIR: temporary,
      npm_config_registry: registry,
      npm_config_cache: join(directory, 'cache'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, story] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (story += chunk.toString()));
  const ended = once(child, 'close').then(([exitCode]) => ({
    exitCode: exitCode as number | null,
    output,
    story,
    left: readdirSync(temporary),
  }));
  return { child, temporary, ended };
}

/** A registry that takes connections and answers nothing. */
async function silentRegistry() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}/` };
}

it('says in one line that the registry cannot be reached, and leaves nothing behind', async () => {
  const { server, url } = await silentRegistry();
  server.close();
  await once(server, 'close');
  expect(await start(url).ended).toEqual({
    exitCode: 1,
    output: '',
    story: expect.stringMatching(/^Error: The npm registry cannot be reached \(ECONNREFUSED\)\. .*\n$/) as string,
    left: [],
  });
});

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends it and npm, and leaves nothing behind', async (signal, exitCode) => {
  const { server, url } = await silentRegistry();
  const { child, temporary, ended } = start(url);
  try {
    const [connection] = (await once(server, 'connection')) as [NodeJS.EventEmitter];
    expect(readdirSync(temporary).some((name) => name.startsWith('aurora-bastion-successor-'))).toBe(true);
    connection.on('error', () => undefined);
    child.kill(signal);
    expect(await ended).toEqual({ exitCode, output: '', story: '', left: [] });
  } finally {
    server.close();
  }
});

it('refuses what it does not know', async () => {
  expect(await start('http://127.0.0.1:9/', ['--nonsense']).ended).toMatchObject({
    exitCode: 2,
    story: expect.stringMatching(/--nonsense/) as string,
  });
});

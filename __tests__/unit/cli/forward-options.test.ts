import { parseCommand } from '../../../src/cli/args';
import type { ForwardOptions } from '../../../src/cli/forward-options';

function parse(...argv: string[]): ForwardOptions {
  const command = parseCommand(['forward', ...argv], {});
  if (command.kind !== 'forward') throw new Error(command.kind);
  return command.options;
}

it('leads to the writer', () => {
  expect(parse()).toMatchObject({
    destinations: [{ kind: 'writer', localPort: undefined }],
    command: undefined,
    iam: false,
    replace: true,
    streams: 1,
    target: { kind: 'new' },
  });
});

it('takes several destinations, and a port for each in their order', () => {
  const { destinations } = parse('--remote', 'cache:6379', '--reader', '--writer', '--port', '0', '--port', '15432');
  expect(destinations).toEqual([
    { kind: 'writer', localPort: 0 },
    { kind: 'reader', localPort: 15432 },
    { kind: 'remote', host: 'cache', port: 6379, localPort: undefined },
  ]);
});

it('takes an address of IPv6', () => {
  expect(parse('--remote', '[fd00::1]:5432').destinations).toMatchObject([{ host: 'fd00::1', port: 5432 }]);
});

it('leaves what follows -- to the command', () => {
  expect(parse('--reader', '--', 'pg_dump', '--port', '1').command).toEqual(['pg_dump', '--port', '1']);
});

it('takes the options of a task, and those of the login', () => {
  expect(parse('--reuse', '-d', 'shop', '-U', 'app', '--iam', '--no-replace', '--root-cert', 'ca.pem')).toMatchObject({
    target: { kind: 'reuse' },
    database: 'shop',
    user: 'app',
    iam: true,
    replace: false,
    rootCertificate: 'ca.pem',
    verify: true,
    socketFolder: undefined,
  });
  expect(parse('--socket', '/run/me', '--port', '5433')).toMatchObject({ socketFolder: '/run/me' });
  expect(parse('--no-verify-ssl').verify).toBe(false);
});

it.each([
  [['psql'], 'forward does not know psql'],
  [['--'], 'There is no command behind --'],
  [['--port', 'x'], '--port x: a port is a number from 0 to 65535'],
  [['--port', '65536'], '--port 65536: a port is a number'],
  [['--port', '1', '--port', '2'], '2 ports are given for 1 destinations'],
  [['--remote', 'cache'], '--remote cache is not HOST:PORT'],
  [['--remote', 'a b:1'], '--remote a b:1 is not HOST:PORT'],
  [['--remote', 'http://x:1'], '--remote http://x:1 is not HOST:PORT'],
  [['--remote', 'cache:0'], '--remote 0: a port is a number from 1'],
  [['--streams', '6'], '--streams is "6", expected 1 to 5'],
  [['--socket', 'x', '--port', '0'], '--port 0: a port is a number from 1'],
  [['--no-verify-ssl', '--root-cert', 'x'], '--no-verify-ssl and --root-cert exclude each other'],
  [['--no-verify-ssl', '--socket', 'x'], '--no-verify-ssl and --socket exclude each other'],
  [['--csv'], '--csv is no option of forward'],
])('%j is wrong usage', (argv, message) => {
  expect(() => parse(...argv)).toThrow(message);
});

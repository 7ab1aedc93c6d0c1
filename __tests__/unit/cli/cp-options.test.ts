import { parseCommand } from '../../../src/cli/args';

const options = (...argv: string[]) => {
  const command = parseCommand(['cp', ...argv], {});
  if (command.kind !== 'cp') throw new Error(`parsed as ${command.kind}`);
  return command.options;
};

describe('cp', () => {
  it('goes in or out by the colon', () => {
    expect(options('a', 'b', ':/tmp')).toMatchObject({ direction: 'in', recursive: false, force: false, streams: 1 });
    expect(options('-r', ':/tmp/a', '.', '--force', '--streams', '5')).toMatchObject({
      direction: 'out',
      recursive: true,
      force: true,
      streams: 5,
    });
  });

  it.each([
    [':/tmp/', '/tmp', true],
    ['://', '/', true],
    [':/', '/', false],
    [':', '.', false],
    [':a/b//', './a/b', true],
    [':-rf', './-rf', false],
    [':./a', '././a', false],
    ['::', './:', false],
    [': ', './ ', false],
  ])('takes %j for %j in the task', (shown, path, endsInSlash) => {
    expect(options('a', shown).to).toEqual({ shown, path, endsInSlash });
  });

  it('takes what begins with a dash behind --, and a colon of this machine behind ./', () => {
    expect(options('--', '-r', './:a', ':/tmp').sources.map(({ path }) => path)).toEqual(['-r', './:a']);
  });

  it('has its own -r, and the region another before its name', () => {
    expect(parseCommand(['-r', 'eu-west-1', 'cp', '-r', 'a', ':/b'], {})).toMatchObject({
      options: { region: 'eu-west-1', recursive: true },
    });
  });

  it.each([
    [[], { kind: 'running' }],
    [['--reuse'], { kind: 'running' }],
    [['--service'], { kind: 'service' }],
    [['--task', 'x'], { kind: 'task', id: 'x' }],
  ])('starts no task: %j', (argv, target) => {
    expect(options(...argv, 'a', ':/b').target).toEqual(target);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');

/**
 * Who may import whom, by folder under `src`; a file that stands in `src` itself is named with its name. Data flows
 * one way: argv → outputs → task → session → bytes. The stand-in may use the codecs, never the channel: built on the
 * code under test, it would agree with its faults.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  main: ['environments', 'infra'],
  infra: ['outputs'],
  environments: ['infra/posture'],
  check: ['environments', 'infra/posture', 'tree-environment'],
  outputs: [],
  errors: [],
  package: [],
  printable: [],
  'tree-environment': [],
  terraform: ['environments', 'outputs'],
  review: ['environments', 'tree-environment'],
  hcl: ['check/synth', 'infra/posture', 'review/json'],
  successor: ['check/synth', 'infra/posture', 'review/json', 'tree-environment'],
  session: [],
  remote: ['session'],
  transfer: ['psql/lexer', 'remote'],
  psql: ['remote'],
  aws: ['session'],
  tunnel: ['session'],
  iam: ['aws/bastion-tags'],
  doctor: ['aws'],
  cli: [
    'aws',
    'doctor',
    'environments',
    'iam',
    'outputs',
    'psql',
    'remote',
    'session',
    'terraform',
    'transfer',
    'tunnel',
  ],
  'local-aws': ['session/message', 'session/payload', 'remote/quote'],
};

const sources = [
  'main.ts',
  ...readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).map((f) => `src/${f}`),
]
  .filter((file) => file.endsWith('.ts'))
  .toSorted();

/** `src/aws/task.ts` → `aws/task`, `src/errors.ts` → `errors`, `main.ts` → `main`. */
const moduleName = (file: string): string => file.replace(/^src\//, '').replace(/\.ts$/, '');
const layerOf = (name: string): string => name.split('/')[0] ?? name;

function localImports(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const paths = [...text.matchAll(/(?:from|import|require\.resolve|require)\s*\(?\s*'(\.[^']*)'/g)].map(
    ([, path]) => path ?? '',
  );
  return paths.map((path) => moduleName(relative(ROOT, resolve(ROOT, dirname(file), path))).replace(/\/index$/, ''));
}

describe('the direction of imports', () => {
  it('is looked at in every source file', () => {
    expect(sources).toContain('main.ts');
    expect(sources).toContain('src/session/channel.ts');
    expect(localImports('src/cli/main.ts')).toEqual(['cli/run', 'cli/young-heap']);
  });

  it.each(sources)('%s', (file) => {
    const layer = layerOf(moduleName(file));
    const allowed = ALLOWED[layer];
    expect(allowed).toBeDefined();
    const wrong = localImports(file).filter(
      (imported) =>
        layerOf(imported) !== layer &&
        !['errors', 'package', 'printable'].includes(imported) &&
        !allowed?.some((one) => imported === one || imported.startsWith(`${one}/`)),
    );
    expect(wrong).toEqual([]);
  });

  it('of cdktf and of AWS clients stays where it belongs, so that synth and --help start quickly', () => {
    // Types are gone when it runs.
    const packages = (file: string): string[] =>
      [
        ...readFileSync(join(ROOT, file), 'utf8')
          .replaceAll(/^import type [^;]*;/gm, '')
          .matchAll(/from '((?:@cdktf|cdktf|constructs|@aws-sdk)[^']*)'/g),
      ].map(([, name]) => name ?? '');
    for (const file of sources) {
      const layer = layerOf(moduleName(file));
      for (const name of packages(file)) {
        expect([file, name, layer]).toEqual([
          file,
          name,
          // Of the doctor, the command line loads what it runs, when it runs it.
          expect.stringMatching(name.startsWith('@aws-sdk') ? /^(aws|doctor)$/ : /^(main|infra)$/),
        ]);
        // The index of the provider's bindings loads every resource there is: ten seconds.
        expect(name).not.toBe('@cdktf/provider-aws');
      }
    }
  });
});

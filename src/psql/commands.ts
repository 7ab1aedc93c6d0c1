/** What a backslash command means for a script whose files are here, and whose psql runs elsewhere. */
export type Rule =
  /** Left to psql; `ends`: it sends the query buffer, or throws it away. */
  | { readonly kind: 'pass'; readonly ends?: 'sent' | 'thrown away' }
  | { readonly kind: 'include'; readonly isRelative: boolean }
  | { readonly kind: 'output'; readonly ends?: 'sent' }
  | { readonly kind: 'copy' }
  | { readonly kind: 'encoding' }
  | { readonly kind: 'branch'; readonly change: 1 | 0 | -1 }
  | { readonly kind: 'quit' }
  | { readonly kind: 'refused'; readonly reason: string; readonly remedy: string };

const pass = (names: string): [string, Rule][] => names.split(' ').map((name) => [name, { kind: 'pass' }]);
const sends = (names: string): [string, Rule][] =>
  names.split(' ').map((name) => [name, { kind: 'pass', ends: 'sent' }]);
const refused = (names: string, reason: string, remedy = ''): [string, Rule][] =>
  names.split(' ').map((name) => [name, { kind: 'refused', reason, remedy }]);

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...pass('a bind bind_named C c connect close close_prepared conninfo copyright echo errverbose f h help H html l l+'),
  ...pass(
    'list list+ lo_list lo_list+ lo_unlink p parse print pset qecho restrict set sf sf+ sv sv+ t T timing unrestrict',
  ),
  ...pass(
    'unset warn x z z+ zS zS+ ? lx l+x startpipeline endpipeline syncpipeline sendpipeline flush flushrequest getresults',
  ),
  ...sends('gset gdesc gexec watch crosstabview'),
  ['r', { kind: 'pass', ends: 'thrown away' }],
  ['reset', { kind: 'pass', ends: 'thrown away' }],
  ['g', { kind: 'output', ends: 'sent' }],
  ['gx', { kind: 'output', ends: 'sent' }],
  ['o', { kind: 'output' }],
  ['out', { kind: 'output' }],
  ['i', { kind: 'include', isRelative: false }],
  ['include', { kind: 'include', isRelative: false }],
  ['ir', { kind: 'include', isRelative: true }],
  ['include_relative', { kind: 'include', isRelative: true }],
  ['copy', { kind: 'copy' }],
  ['encoding', { kind: 'encoding' }],
  ['if', { kind: 'branch', change: 1 }],
  ['elif', { kind: 'branch', change: 0 }],
  ['else', { kind: 'branch', change: 0 }],
  ['endif', { kind: 'branch', change: -1 }],
  ['q', { kind: 'quit' }],
  ['quit', { kind: 'quit' }],
  ...refused('!', 'it runs a command of the shell', 'Run it before or after'),
  ...refused('cd', 'it changes the folder, which is that of this command', 'Write whole paths, or use \\ir'),
  ...refused('e edit ef ev', 'it opens an editor'),
  ...refused('lo_import lo_export', 'large objects are not sent and brought back', 'Use \\copy with a bytea column'),
  ...refused('s', 'it needs the history of a terminal'),
  ...refused('w write', 'it writes the query into a file'),
  ...refused('password prompt', 'it asks at a terminal', 'Give values with -v NAME=VALUE'),
  ...refused('getenv setenv', 'the environment is that of the container', 'Give values with -v NAME=VALUE'),
]);

/** With `--json`, where what psql prints is read again. */
const IN_JSON =
  'bind c connect copy echo elif else encoding endif errverbose g gset gx i if include include_relative ir q quit r reset set unset warn';

/** @param name without the backslash */
export function ruleOf(name: string, { json }: { readonly json: boolean }): Rule {
  const rule = RULES.get(name) ?? (/^d[A-Za-z]*[S+x]*$/.test(name) ? { kind: 'pass' } : undefined);
  if (rule === undefined) return { kind: 'refused', reason: 'it is not known', remedy: '' };
  if (json && rule.kind !== 'refused' && !IN_JSON.split(' ').includes(name)) {
    return { kind: 'refused', reason: 'what it prints is no JSON', remedy: 'Leave out --json' };
  }
  return rule;
}

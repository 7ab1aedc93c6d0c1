import { decode } from '../../../src/review/expression/decode';
import { evaluate } from '../../../src/review/expression/evaluate';
import { parseTemplate } from '../../../src/review/expression/parse';
import { referencesOf } from '../../../src/review/expression/references';
import type { Json } from '../../../src/review/json';
import { isList, isObject } from '../../../src/review/json';
import { synthesize } from '../../support/synth';

const VALUES: Readonly<Record<string, Json>> = {
  'var.n': 2,
  'var.on': false,
  'var.name': 'a',
  'local.list': ['x', 'y'],
};
const value = (text: string): Json | undefined => evaluate(parseTemplate(text), (address) => VALUES[address]);
const refers = (text: string): string[] =>
  referencesOf(parseTemplate(text)).map(({ address, attribute = '' }) => `${address}#${attribute}`);

it.each<readonly [string, Json | undefined]>([
  ['plain', 'plain'],
  ['$${not} ${var.name}', '${not} a'],
  ['${var.n}', 2],
  ['${1 + var.n * 3}', 7],
  ['${(1 + var.n) * 3}', 9],
  ['${var.on ? 1 : 0}', 0],
  ['${var.n >= 1 && !var.on}', true],
  ['${var.unknown && var.on}', false],
  ['${var.unknown || var.on}', undefined],
  ['${var.n == 2 ? "two" : var.unknown}', 'two'],
  ['${local.list[1]}', 'y'],
  ['${length(concat(local.list, ["z"]))}', 3],
  ['${{"a" = var.n}.a}', 2],
  ['${merge({"a" = 1}, {"b" = "x\\n\\u0041"})}', { a: 1, b: 'x\nA' }],
  ['${nonsensitive((var.name == null))}', false],
  ['${-var.n}', undefined],
  ['${cidrsubnet("10.0.0.0/16", 8, 1)}', undefined],
  ['${[for x in local.list : x]}', undefined],
])('%s is worth %j', (text, expected) => {
  expect(value(text)).toEqual(expected);
});

it.each<readonly [string, readonly string[]]>([
  ['${aws_vpc.main.id}', ['aws_vpc.main#id']],
  ['${aws_subnet.public[each.key].id}', ['aws_subnet.public#id']],
  ['${values(aws_subnet.private)[*].id}', ['aws_subnet.private#id']],
  ['${aws_x.y.*.id}', ['aws_x.y#id']],
  ['${aws_subnet.private}', ['aws_subnet.private#']],
  ['${data.aws_rds_cluster.a[*].secret[0].arn}', ['data.aws_rds_cluster.a#secret']],
  ['${local.zones[var.zone]}', ['local.zones#', 'var.zone#']],
  ['a ${var.x} b ${join(",", [local.y])}', ['var.x#', 'local.y#']],
  ['${[for s in aws_subnet.private : s.id]}', ['aws_subnet.private#', 's.id#']],
  ['${count.index + 1}', []],
])('%s refers to %j', (text, expected) => {
  expect(refers(text)).toEqual(expected);
});

it.each<readonly [string, Json]>([
  [
    '${jsonencode({"a" = [1, "b ${var.x} c", var.y], d = {"e" = null}})}',
    { a: [1, 'b ${var.x} c', '${var.y}'], d: { e: null } },
  ],
  ['${jsonencode(concat([1], var.on ? [2] : [], [3]))}', [1, '${var.on ? [2] : []}', 3]],
  ['{"Statement":[{"Action":"a"}]}', { Statement: [{ Action: 'a' }] }],
  ['{not JSON', '{not JSON'],
  ['${jsonencode({"a" = ', '${jsonencode({"a" = '],
])('opens %s', (text, expected) => {
  expect(decode(text)).toEqual(expected);
});

it('reads every expression of the stack', () => {
  const texts: string[] = [];
  const collect = (one: Json): void => {
    if (typeof one === 'string') texts.push(one);
    else if (isList(one)) one.forEach(collect);
    else if (isObject(one)) Object.values(one).forEach(collect);
  };
  collect(JSON.parse(synthesize()) as Json);
  const unread = texts.filter((text) => {
    const expression = parseTemplate(text);
    return expression.kind === 'opaque' && expression.text === text;
  });
  expect(texts.filter((text) => text.includes('${')).length).toBeGreaterThan(100);
  expect(unread).toEqual([]);
});

import { evaluateTemplate, type Resolve } from '../../../src/check/expression';
import { OneOf, type Value } from '../../../src/check/value';
import { ProtocolError } from '../../../src/errors';

const known: Readonly<Record<string, Value>> = { 'var.days': 7, 'var.name': 'trial', 'local.tags': { a: '1' } };
const resolve: Resolve = (reference) => known[reference];

describe('a template', () => {
  it.each<readonly [string, string, Value]>([
    ['text', 'plain', 'plain'],
    ['a known value as it is', '${var.days}', 7],
    ['a known value within text', 'x-${var.name}-${var.days}', 'x-trial-7'],
    ['an unknown value', '${aws_vpc.main.id}', '${aws_vpc.main.id}'],
    ['an unknown value within text', 'a:${aws_vpc.main.id}:*', 'a:${aws_vpc.main.id}:*'],
    ['an escaped template', '$${x}', '${x}'],
    ['literals', '${[1, -2, true, null, "a\\"b"]}', [1, '${[1, -2, true, null, "a\\"b"]}', true, null, 'a"b']],
    ['an object', '${{"a" = "x-${var.name}", b: [1]}}', { a: 'x-trial', b: [1] }],
    ['what is encoded as JSON', '${jsonencode({"a" = [{"b" = true}]})}', { a: [{ b: true }] }],
    ['a quote within a template within a string', '${["${lookup(x, "k")}-y"]}', ['${lookup(x, "k")}-y']],
    ['lists in a row', '${concat([1], [2, 3])}', [1, 2, 3]],
    ['joined objects', '${merge(local.tags, {"b" = "2"})}', { a: '1', b: '2' }],
    ['other functions', '${join(",", [1])}', '${join(…)}'],
    ['an attribute of what a function makes', '${values(aws_subnet.a)[*].id}', '${values(aws_subnet.a)[*].id}'],
    ['an index', '${aws_role.a[0].name}', '${aws_role.a[0].name}'],
    ['operations', '${(var.days >= 1)}', '${(var.days >= 1)}'],
    [
      'what a loop makes',
      '${[for x in var.list : upper(x) if x != ""]}',
      '${[for x in var.list : upper(x) if x != ""]}',
    ],
  ])('is %s', (_, text, value) => {
    expect(evaluateTemplate(text, resolve)).toEqual(value);
  });

  it('is one of two values under a condition, whatever the default of a variable says', () => {
    expect(evaluateTemplate('${var.on && x == "" ? [1] : (y ? null : "z")}', resolve)).toEqual(
      new OneOf([[1], new OneOf([null, 'z'])]),
    );
  });

  it.each(['${', '${"}', '${a b}', '${[1 2]}', '${#}', '${{a 1}}', '${(1}', '${?}'])(
    'that is none is refused: %s',
    (text) => {
      expect(() => evaluateTemplate(text, resolve)).toThrow(ProtocolError);
    },
  );
});

import { layOut } from '../../../src/hcl/layout';
import { partsOf } from '../../../src/hcl/scan';
import { bareOf, constantOf, heredocOf, valueOf } from '../../../src/hcl/value';
import type { Json } from '../../../src/review/json';

describe('a value', () => {
  it.each<[Json, string]>([
    ['${var.a}', 'var.a'],
    ['${join("-", ["}", "${var.a}"])}', 'join("-", ["}", "${var.a}"])'],
    ['${var.a}${var.b}', '"${var.a}${var.b}"'],
    ['${~ var.a ~}', '"${~ var.a ~}"'],
    ['a-${lookup({"k" = "}"}, "k")}', '"a-${lookup({"k" = "}"}, "k")}"'],
    ['say "hi" to C:\\', '"say \\"hi\\" to C:\\\\"'],
    ['one\ntwo\ttab\u0007', '"one\\ntwo\\ttab\\u0007"'],
    ['$${not} %%{this}', '"$${not} %%{this}"'],
    ['%{ if var.a }x%{ endif }', '"%{ if var.a }x%{ endif }"'],
    ['$5 and 10%', '"$5 and 10%"'],
    ['', '""'],
    ['日本語', '"日本語"'],
    [null, 'null'],
    [1.5, '1.5'],
    [[true, '${var.a}'], '[true, var.a]'],
    [[], '[]'],
    [{}, '{}'],
    [{ Name: 'a', 'aws:x': '${var.b}', '${var.k}': 1 }, '{\nName = "a"\n"aws:x" = var.b\nvar.k = 1\n}'],
  ])('%j is written as %s', (json, hcl) => {
    // A computed key stands in brackets.
    expect(valueOf(json)).toBe(hcl.replace('\nvar.k', '\n(var.k)'));
  });

  it('which is not evaluated keeps what looks like a template', () => {
    expect(constantOf({ a: '${b} %{c} $5' })).toBe('{\na = "$${b} %%{c} $5"\n}');
  });

  it('which is a reference or a type is bare', () => {
    expect(bareOf(['aws_vpc.main', '${aws_subnet.a}'])).toBe('[aws_vpc.main, aws_subnet.a]');
    expect(bareOf('map(string)')).toBe('map(string)');
  });

  it('of several lines is a heredoc, where one can hold it', () => {
    expect(heredocOf('a "${b}" \\\nc\n')).toBe('<<EOT\na "${b}" \\\nc\nEOT');
    for (const other of ['a\nb', 'a\n', 'a\nEOT\n', 'a\r\nb\n', 1]) expect(heredocOf(other)).toBeUndefined();
  });

  it.each(['${var.a', '${"}', 'a ${f("${x")}'])('%s is no template', (text) => {
    expect(() => partsOf(text)).toThrow(SyntaxError);
  });
});

describe('a long expression', () => {
  const long = 'a'.repeat(60);

  it('has its elements on lines of their own', () => {
    expect(layOut(`merge(var.tags, {"Name" = "${long}", "x" = ["}", "${long}"]})`)).toBe(
      `merge(\nvar.tags,\n{\n"Name" = "${long}"\n"x" = ["}", "${long}"]\n}\n)`,
    );
  });

  it('opens with its only argument', () => {
    expect(layOut(`jsonencode([{"k" = "${long}", "l" = "${long}"}])`)).toBe(
      `jsonencode([{\n"k" = "${long}"\n"l" = "${long}"\n}])`,
    );
  });

  it('keeps for, indices and short brackets in one piece', () => {
    expect(layOut(`f([for a, b in var.m : g(a, b, "${long}")], var.l[h(1, 2)], "${long}")`)).toBe(
      `f(\n[for a, b in var.m : g(a, b, "${long}")],\nvar.l[h(1, 2)],\n"${long}"\n)`,
    );
  });
});

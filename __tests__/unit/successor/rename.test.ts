import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NotARenameError, rename } from '../../../src/successor/rename';
import { PROJECT } from '../../support/helper';

it.each([
  ["import { App } from 'cdktf';", "import { App } from 'cdktn';"],
  [
    "import type { Vpc } from '@cdktf/provider-aws/lib/vpc';",
    "import type { Vpc } from '@cdktn/provider-aws/lib/vpc';",
  ],
  ["} from '@cdktf/provider-aws';", "} from '@cdktn/provider-aws';"],
  ["import 'cdktf/lib/app';", "import 'cdktn/lib/app';"],
  ["await import('cdktf')", "await import('cdktn')"],
  ["require('cdktf')", "require('cdktn')"],
])('%s becomes %s', (before, after) => {
  expect(rename('a.ts', before)).toBe(after);
});

it.each([
  "import { Construct } from 'constructs';",
  "import { x } from './cdktf';",
  '/** The context of the app: `cdktf.json`. */',
  "const command = 'cdktf synth';",
  "writeFileSync('cdktf.json', text);",
  'process.env.CDKTF_OUTDIR',
])('%s stays', (text) => {
  expect(rename('a.ts', text)).toBe(text);
});

it.each(['cdktf-cli', '@cdktf/provider-random/lib/id', '@cdktf/hcl2json'])('an import of %s is no rename', (name) => {
  expect(() => rename('src/a.ts', `import x from '${name}';`)).toThrow(new NotARenameError('src/a.ts', name));
});

it('every file of the stack moves by names of packages alone', () => {
  const files = readdirSync(join(PROJECT, 'src/infra'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(PROJECT, 'src/infra', file), 'utf8'));
  const moved = files.map((text) => rename('a.ts', text));
  expect(moved.filter((text, index) => text !== files[index]).length).toBeGreaterThan(20);
  expect(moved.join('').match(/'@?cdktf\b/g)).toBeNull();
  expect(moved.map((text) => text.replaceAll(/(?<=')(@?)cdktn\b/g, '$1cdktf'))).toEqual(files);
});

import { UserError } from '../errors';

/** What the move renames, and all that it may rename: packages in imports. */
export const RENAMES: Readonly<Record<string, string>> = {
  cdktf: 'cdktn',
  '@cdktf/provider-aws': '@cdktn/provider-aws',
};

/** An import of CDKTF that has no name in the successor: moving it is more than a rename. */
export class NotARenameError extends UserError {
  constructor(file: string, specifier: string) {
    super(
      `${file} imports ${specifier}, which the successor has under no name that is known`,
      'Add it to RENAMES in src/successor/rename.ts, and its package to src/successor/packages',
    );
  }
}

/** `from '…'`, `import '…'`, `import('…')` and `require('…')`; Prettier sees to the quotes. */
const SPECIFIER = /(?<=\b(?:from|import|require)\s*\(?\s*')[^'\n]+(?=')/g;

/**
 * A source file with the successor's packages in its imports; nothing else in it changes.
 * @param file for errors
 * @throws NotARenameError
 */
export function rename(file: string, text: string): string {
  return text.replaceAll(SPECIFIER, (specifier) => {
    const name = packageOf(specifier);
    const renamed = Object.hasOwn(RENAMES, name) ? RENAMES[name] : undefined;
    if (renamed !== undefined) return renamed + specifier.slice(name.length);
    if (/^(@cdktf\/|cdktf\b)/.test(specifier)) throw new NotARenameError(file, specifier);
    return specifier;
  });
}

/** `@cdktf/provider-aws` of `@cdktf/provider-aws/lib/vpc`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

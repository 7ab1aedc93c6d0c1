/** Encodings of clients in which the second byte of a character may be an ASCII one, such as the backslash; by psql's names. */
const LEADS: readonly (readonly [names: RegExp, isLead: (byte: number) => boolean])[] = [
  [
    /^(sjis|shiftjis|mskanji|win932|windows932|shiftjis2004)$/,
    (b) => (b >= 0x81 && b <= 0x9f) || (b >= 0xe0 && b <= 0xfc),
  ],
  [
    /^(big5|win950|windows950|gbk|win936|windows936|gb18030|uhc|win949|windows949|johab)$/,
    (b) => b >= 0x81 && b <= 0xfe,
  ],
];

/**
 * How a script's bytes are read: in Latin-1, with the second byte of a character made one that means nothing, as psql
 * does it.
 */
export function bytesReader(encoding: string): (bytes: Buffer) => string {
  const name = encoding.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const [, isLead] = LEADS.find(([names]) => names.test(name)) ?? [];
  if (isLead === undefined) return (bytes) => bytes.toString('latin1');
  return (bytes) => {
    const masked = Buffer.from(bytes);
    for (let at = 0; at < masked.length - 1; at += 1) {
      if (isLead(masked[at] ?? 0)) masked[(at += 1)] = 0xff;
    }
    return masked.toString('latin1');
  };
}

/** Whether it is UTF-8 by any of the names that PostgreSQL knows. */
export function isUtf8(encoding: string): boolean {
  return /^(utf8|unicode)$/.test(encoding.toLowerCase().replaceAll(/[^a-z0-9]/g, ''));
}

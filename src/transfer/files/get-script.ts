import { ARCHIVER } from './archiver';
import { REFUSE } from './refusal';

/**
 * The program that writes a file or a folder, in the container. A line goes before: `file MODE MTIME BYTES`, followed by
 * its bytes, or `folder MODE MTIME BYTES`, where the bytes are about those of all in it, followed by a tar archive of `.`.
 */
export function getWords(nonce: string, path: string, { recursive }: { readonly recursive: boolean }): string[] {
  return ['sh', '-c', GET, 'sh', nonce, path, recursive ? 'yes' : 'no'];
}

const GET = `
n=$1 p=$2 r=$3 x=no
${REFUSE}
${ARCHIVER}
[ -e "$p" ] || refuse missing 0
if [ -d "$p" ]; then
  [ "$r" = yes ] || refuse isFolder 0
  { cd "$p" && [ -r . ]; } 2>/dev/null || refuse denied 0
  choose
  s=$(du -sb . 2>/dev/null); s=\${s%%[!0-9]*}
  printf 'folder %s %s\\n' "$(stat -c '%a %Y' .)" "\${s:-0}"
  pack
  exit
fi
[ -f "$p" ] || refuse special 0
[ -r "$p" ] || refuse denied 0
s=$(stat -L -c '%a %Y %s' "$p") t=$(stat -L -c '%y %z %s' "$p")
printf 'file %s\\n' "$s"
cat "$p" || exit 1
[ "$(stat -L -c '%y %z %s' "$p")" = "$t" ] || refuse changed 0
`;

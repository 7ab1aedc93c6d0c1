import { quote, quoteAll } from '../../remote/quote';
import { ARCHIVER } from './archiver';
import { REFUSE } from './refusal';

/** What arrives under one name. */
export interface PutItem {
  readonly name: string;
  readonly kind: 'file' | 'folder';
  /** The bits that say who may do what. */
  readonly mode: number;
  /** In whole seconds since 1970. */
  readonly modifiedAt: number;
}

export interface PutOptions {
  readonly nonce: string;
  /** An absolute path or one that begins with `./`, without a slash at its end. */
  readonly target: string;
  /** The target must be a folder that is there. */
  readonly intoFolder: boolean;
  readonly force: boolean;
  /** What comes: the bytes of one file, or an archive of all items, each under its index. */
  readonly format: 'bytes' | 'tar';
  /** The archive has names that only a tar with pax understands. */
  readonly needsPax: boolean;
  readonly items: readonly PutItem[];
}

/**
 * The script that takes files and folders, in the container. They appear under their names when all is there: until
 * then they lie in a folder of their own beside them, which whatever happens is removed.
 * On standard error come `NONCE folder yes|no`, whether the target is one, and `NONCE refused CODE INDEX`.
 */
export function putScript(options: PutOptions): string {
  const { nonce, target, intoFolder, force, format, needsPax, items } = options;
  const [first] = items;
  const values = {
    n: nonce,
    T: target,
    P: parentOf(target),
    into: yesNo(intoFolder),
    force: yesNo(force),
    format,
    x: yesNo(needsPax),
    m: octal(first?.mode ?? 0),
    y: String(first?.modifiedAt ?? 0),
  };
  const assignments = Object.entries(values).map(([name, value]) => `${name}=${quote(value)}`);
  const words = items.map(({ kind, mode, name }) => `${kind === 'file' ? 'f' : octal(mode)}/${name}`);
  return `${assignments.join('\n')}\nset -- ${quoteAll(words)}\n${PUT}`;
}

function parentOf(path: string): string {
  const at = path.lastIndexOf('/');
  return at === 0 ? '/' : at < 0 ? '.' : path.slice(0, at);
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}

function octal(mode: number): string {
  return mode.toString(8);
}

// A program that takes bytes is killed when they are not the right ones, and then no trap runs: so another waits for its
// end, which closes descriptor 9, and tidies up; in the end it is waited for. It may be killed too, with the whole
// session: then the next one tidies up.
// What tar does not need of its archive is waited for as well: only its end says that it is the right one.
const PUT = `
exec 6<&-
${REFUSE}
${ARCHIVER}
at() { if [ "$in" = yes ]; then d=$T/$1; else d=$T; fi; }
look() {
  i=0
  for s do
    at "\${s#*/}"
    if [ -e "$d" ] || [ -L "$d" ]; then
      case $s in
      f*) [ ! -d "$d" ] || refuse isFolder "$i" ;;
      *) { [ -d "$d" ] && [ ! -L "$d" ]; } || refuse isNoFolder "$i" ;;
      esac
      [ "$force" = yes ] || refuse exists "$i"
    fi
    i=$((i+1))
  done
}
clash() {
  for f in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    [ -e "$f" ] || [ -L "$f" ] || continue
    set -- "$1" "$2" "$2/\${f##*/}"
    [ -e "$3" ] || [ -L "$3" ] || continue
    if [ -d "$f" ] && [ ! -L "$f" ]; then
      { [ -d "$3" ] && [ ! -L "$3" ]; } || { printf '%s is no folder\\n' "$3" >&2; return 0; }
      ! clash "$f" "$3" || return 0
    else
      { [ ! -d "$3" ] || [ -L "$3" ]; } || { printf '%s is a folder\\n' "$3" >&2; return 0; }
    fi
  done
  return 1
}
# A file in the place of another has its mode before it has its name, so that a private one stays private.
replace() {
  if [ -f "$1" ] && [ ! -L "$1" ] && [ -f "$2" ] && [ ! -L "$2" ]; then
    c=000$(stat -c %a "$2") && chmod "\${c#"\${c%???}"}" "$1" || return 1
  fi
  mv -f "$1" "$2"
}
merge() {
  for f in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    [ -e "$f" ] || [ -L "$f" ] || continue
    set -- "$1" "$2" "$2/\${f##*/}"
    if [ -d "$3" ] && [ ! -L "$3" ]; then merge "$f" "$3"; else replace "$f" "$3"; fi || return 1
  done
}
in=no
if [ -d "$T" ]; then
  in=yes P=$T
elif [ "$into" = yes ]; then
  { [ -e "$T" ] || [ -L "$T" ]; } && refuse isNoFolder -1
  refuse noTarget 0
fi
printf '%s folder %s\\n' "$n" "$in" >&2
[ -d "$P" ] || refuse noParent 0
{ [ -w "$P" ] && [ -x "$P" ]; } || refuse denied 0
look "$@"
[ "$format" = bytes ] || choose
h=$(uname -n)
for o in "$P/.aurora-bastion-$h-"*.part; do
  q=\${o%.part}; q=\${q##*-}
  [ -d "/proc/$q" ] || rm -rf "$o"
done
t=$P/.aurora-bastion-$h-$$.part
mkdir "$t" && mkfifo "$t/w" || exit 1
{ trap '' HUP INT QUIT TERM; cat <"$t/w"; rm -rf "$t"; } </dev/null >/dev/null 2>&1 &
exec 9>"$t/w"
trap 'exec 9>&-; wait' EXIT
rm -f "$t/w"
case $format in
bytes) cat >"$t/0" && chmod "$m" "$t/0" && touch -d "@$y" "$t/0" ;;
*) (cd "$t" && unpack) && cat >/dev/null ;;
esac || exit 1
look "$@"
i=0
for s do
  at "\${s#*/}"
  [ ! -d "$d" ] || ! clash "$t/$i" "$d" || refuse clash "$i"
  i=$((i+1))
done
i=0
for s do
  at "\${s#*/}"
  if [ -d "$d" ]; then
    merge "$t/$i" "$d"
  else
    replace "$t/$i" "$d" && case $s in f*) ;; *) chmod "\${s%%/*}" "$d" ;; esac
  fi || exit 1
  i=$((i+1))
done
`;

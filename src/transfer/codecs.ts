/**
 * Shell functions that compress and decompress, by what the container has: `pack` as the codec `$c` says (`gzip`,
 * `python3` or `plain`), and `unpack` the same. Amazon Linux 2023's image has no gzip, but the Python of its package
 * manager.
 */
export const CODECS = `
pack() {
  case $c in
  gzip) gzip -c ;;
  python3) python3 -c 'import sys,zlib
z=zlib.compressobj(6,8,31)
r,w=sys.stdin.buffer,sys.stdout.buffer
while True:
  b=r.read1(65536)
  if not b: break
  w.write(z.compress(b))
w.write(z.flush())' ;;
  *) cat ;;
  esac
}
unpack() {
  case $c in
  gzip) gzip -dc ;;
  python3) python3 -c 'import sys,zlib
z=zlib.decompressobj(31)
r,w=sys.stdin.buffer,sys.stdout.buffer
while True:
  b=r.read1(65536)
  if not b: break
  w.write(z.decompress(b))
w.write(z.flush())
sys.exit(0 if z.eof else 1)' ;;
  *) cat ;;
  esac
}
`;

/**
 * Shell functions that read and write a folder as a tar archive, with what the container has: `tar`, else Python's
 * module, since Amazon Linux 2023's image has the one and not the other. `choose` sets `w`; it wants `refuse`.
 * Busybox's `tar` does not know the headers (pax) that names take which are long or not of ASCII: with `x=yes` it is
 * passed over.
 */
export const ARCHIVER = `
choose() {
  w=python3
  if command -v tar >/dev/null; then
    case $x$(tar --version 2>/dev/null) in no* | *GNU* | *bsdtar*) w=tar ;; esac
  fi
  command -v "$w" >/dev/null || refuse archiver 0
}
pack() {
  case $w in
  tar) tar -cf - . ;;
  *) python3 -c 'import os,stat,sys,tarfile
t=tarfile.open(fileobj=sys.stdout.buffer,mode="w|",format=tarfile.GNU_FORMAT,encoding="utf-8")
def walk(p):
  s=os.lstat(p)
  if stat.S_ISDIR(s.st_mode):
    t.add(p,recursive=False)
    for n in sorted(os.listdir(p)): walk(p+"/"+n)
  elif stat.S_ISREG(s.st_mode):
    t.add(p,recursive=False)
    e=os.lstat(p)
    if (s.st_size,s.st_mtime_ns)!=(e.st_size,e.st_mtime_ns): sys.exit(p+": file changed as we read it")
  elif stat.S_ISLNK(s.st_mode): t.add(p,recursive=False)
  else: print(p+": not copied",file=sys.stderr)
try:
  walk(".")
  t.close()
except OSError as e: sys.exit(str(e))' ;;
  esac
}
unpack() {
  case $w in
  tar) tar -xpof - ;;
  *) python3 -c 'import sys,tarfile
k={"filter":"fully_trusted"} if hasattr(tarfile,"fully_trusted_filter") else {}
try: tarfile.open(fileobj=sys.stdin.buffer,mode="r|",encoding="utf-8",errorlevel=2).extractall(**k)
except (OSError,tarfile.TarError) as e: sys.exit(str(e))' ;;
  esac
}
`;

"""Runs a command on a new pseudo-terminal, at the pace of whoever asks.

Frames on standard input and output: one byte of type, u32 big-endian length, payload.
  in:  I bytes to type · R u32, read at most so many bytes once · S u16 rows, u16 columns
  out: P pid · E why the command could not be started · O bytes read · X end of output
       W u8, the bytes of one I were taken (1) or have no reader any more (0)
After X it waits for the command, which may live on without its terminal, and ends with it.

Reading on request and confirming each write is what gives the terminal the back-pressure it really has: the kernel
holds 4 KiB each way and then the writer waits.
"""
import errno
import fcntl
import os
import select
import shutil
import signal
import struct
import sys
import termios


def write_all(fd, data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view):]


def emit(kind, payload=b""):
    write_all(1, kind + struct.pack(">I", len(payload)) + payload)


def fail(text):
    emit(b"E", text.encode())
    sys.exit(0)


def start(argv):
    """Forks onto a new terminal of size 0x0. Returns the pid and the terminal's master side."""
    program = argv[0] if "/" in argv[0] else shutil.which(argv[0])
    if program is None:
        fail('exec: "%s": executable file not found in $PATH' % argv[0])
    broken_read, broken_write = os.pipe()
    master, slave = os.openpty()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in (0, 1, 2):
            os.dup2(slave, fd)
        os.closerange(3, broken_write)
        try:
            for name in (signal.SIGPIPE, signal.SIGINT, signal.SIGXFSZ):
                signal.signal(name, signal.SIG_DFL)
            os.execv(program, argv)
        except OSError as error:
            os.write(broken_write, os.strerror(error.errno).lower().encode())
        os._exit(127)
    os.close(slave)
    os.close(broken_write)
    broken = os.read(broken_read, 4096)
    os.close(broken_read)
    if broken:
        os.waitpid(pid, 0)
        fail("fork/exec %s: %s" % (program, broken.decode()))
    return pid, master


def read_terminal(master, limit):
    try:
        return os.read(master, limit)
    except OSError as error:
        # A terminal whose other side is closed reads as an input/output error.
        if error.errno == errno.EIO:
            return b""
        raise


def wait(pid):
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        readable, _, _ = select.select([0], [], [], 0.01)
        if readable and not os.read(0, 65536):
            return


def main():
    # Python has changed LC_CTYPE where the locale is C (PEP 538); the command gets what its container has.
    if sys.argv[1]:
        os.environ["LC_CTYPE"] = sys.argv[1]
    else:
        os.environ.pop("LC_CTYPE", None)
    pid, master = start(sys.argv[2:])
    emit(b"P", struct.pack(">I", pid))
    os.set_blocking(master, False)
    commands, typed, wanted = b"", b"", 0
    while True:
        readable, writable, _ = select.select(
            [0] + ([master] if wanted else []), [master] if typed else [], []
        )
        if master in readable:
            data = read_terminal(master, wanted)
            wanted = 0
            emit(b"O" if data else b"X", data)
            if not data:
                return wait(pid)
        if master in writable:
            try:
                typed = typed[os.write(master, typed):]
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EIO):
                    raise
                if error.errno == errno.EIO:
                    typed = b""
                    emit(b"W", b"\0")
                    continue
            if not typed:
                emit(b"W", b"\1")
        if 0 in readable:
            chunk = os.read(0, 65536)
            if not chunk:
                return
            commands += chunk
            while len(commands) >= 5 and len(commands) >= 5 + struct.unpack_from(">I", commands, 1)[0]:
                (length,) = struct.unpack_from(">I", commands, 1)
                kind, payload, commands = commands[:1], commands[5:5 + length], commands[5 + length:]
                if kind == b"I":
                    typed += payload
                elif kind == b"R":
                    (wanted,) = struct.unpack(">I", payload)
                elif kind == b"S":
                    rows, columns = struct.unpack(">HH", payload)
                    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


main()

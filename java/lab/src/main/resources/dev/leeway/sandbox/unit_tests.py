# Runs each test of a piece of code in a process of its own, and writes a line for each: its number, passed | failed | timeout, a reason.
# Input: blobs, each behind a line with its length in bytes: seconds for each test, the code, the tests.
import os
import secrets
import select
import signal
import sys
import time


def blobs(stream):
    for line in iter(stream.readline, b""):
        yield stream.read(int(line)).decode()


def attempt(code, test, channel):
    """In the child. Only what gets behind the test writes the token: leaving early is no pass."""
    channel, token = channel
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    names = {"__name__": "__main__"}
    try:
        exec(compile(code, "code", "exec"), names)
        exec(compile(test, "test", "exec"), names)
        os.write(channel, token)
    except BaseException as failure:
        os.write(channel, (type(failure).__name__ + ": " + str(failure))[:200].encode("utf-8", "backslashreplace"))
    os._exit(0)


def answer(channel, child, deadline):
    """What the child wrote until it ended or its time was over; None where it was."""
    written = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([channel], [], [], left)[0]:
            return None
        block = os.read(channel, 4096)
        written += block
        if not block or len(written) > 4096:
            return written


def run(code, test, seconds):
    token = secrets.token_bytes(16)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        attempt(code, test, (write, token))
    os.close(write)
    written = answer(read, child, time.monotonic() + seconds)
    os.close(read)
    for end in (lambda: os.killpg(child, signal.SIGKILL), lambda: os.kill(child, signal.SIGKILL)):
        try:
            end()
        except OSError:
            pass
    os.waitpid(child, 0)
    if written is None:
        return "timeout", "still running after %g s" % seconds
    if written == token:
        return "passed", ""
    # The code may have written it, lines such as this program's own included.
    return "failed", ascii(written.decode("utf-8", "replace"))[1:-1][:200] or "ended before the test was over"


def main():
    source = blobs(sys.stdin.buffer)
    seconds, code = float(next(source)), next(source)
    for number, test in enumerate(list(source)):
        print(number, *run(code, test, seconds), flush=True)


main()

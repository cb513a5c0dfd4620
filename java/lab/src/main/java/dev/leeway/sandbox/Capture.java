package dev.leeway.sandbox;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Reads an output of a process, keeps its beginning and sees whether there is more. */
final class Capture {

    private final InputStream stream;
    private final int most;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private final Thread reader;
    private volatile boolean isOver;

    private Capture(InputStream stream, int most) {
        this.stream = stream;
        this.most = most;
        reader = Thread.ofPlatform().daemon().name("sandbox-output").unstarted(this::read);
    }

    static Capture of(InputStream stream, int most) {
        var capture = new Capture(stream, most);
        capture.reader.start();
        return capture;
    }

    /** Stops behind what is kept, without closing: the program waits there until it is ended, instead of hearing of a broken pipe. */
    private void read() {
        var block = new byte[8192];
        try {
            for (int read = stream.read(block); read >= 0 && !isOver; read = stream.read(block)) {
                keep(block, read);
            }
        } catch (IOException closed) {
            return; // the process is gone, and with it the rest
        }
    }

    private synchronized void keep(byte[] block, int read) {
        int taken = Math.min(read, most - kept.size());
        kept.write(block, 0, taken);
        isOver |= taken < read;
    }

    /** Whether there was more than is kept. */
    boolean isOver() {
        return isOver;
    }

    /** What was kept, when the output has ended: at once where the process is dead, as all that could hold it open died with it. */
    String text(Duration patience) throws InterruptedException {
        reader.join(patience);
        synchronized (this) {
            return kept.toString(StandardCharsets.UTF_8);
        }
    }
}

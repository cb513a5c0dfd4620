package dev.leeway.cli;

import dev.leeway.train.StopRequest;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Ctrl-C and SIGTERM while it is open: the first asks the run to stop behind its step, the second ends the process at once. A shutdown hook
 * could not tell the second signal: the virtual machine holds it back while hooks run. One that is opened while another listens, as that
 * of a study's training is, lets the other hear it too: a run may come to its end all the same, and what it was part of must stop then.
 */
final class Interruption implements AutoCloseable, SignalHandler {

    private static final int SIGNALLED = 128;

    private final StopRequest stop;
    private final PrintWriter err;
    private final String kept;
    private final AtomicBoolean asked = new AtomicBoolean();
    private final Map<Signal, SignalHandler> before = new LinkedHashMap<>();

    private Interruption(StopRequest stop, PrintWriter err, String kept) {
        this.stop = stop;
        this.err = err;
        this.kept = kept;
    }

    /** Listens until it is closed. A signal that the process was started to ignore stays ignored. */
    static Interruption listen(StopRequest stop, PrintWriter err) {
        return listen(stop, err, "this step is finished and saved");
    }

    /** The same, saying after the first signal what happens yet. */
    static Interruption listen(StopRequest stop, PrintWriter err, String kept) {
        var interruption = new Interruption(stop, err, kept);
        for (var name : new String[] {"INT", "TERM"}) {
            interruption.take(new Signal(name));
        }
        return interruption;
    }

    private void take(Signal signal) {
        try {
            before.put(signal, Signal.handle(signal, this));
        } catch (IllegalArgumentException reserved) {
            // -Xrs leaves signals to the operating system: then they end the process, as the user of that flag wants it.
        }
    }

    @Override
    public void handle(Signal signal) {
        if (asked.getAndSet(true)) {
            Runtime.getRuntime().halt(SIGNALLED + signal.getNumber());
        }
        stop.request();
        err.println();
        err.println("stopping: " + kept + "; once more quits at once");
        err.flush();
        if (before.get(signal) instanceof Interruption around) {
            around.handle(signal);
        }
    }

    @Override
    public void close() {
        before.forEach(Signal::handle);
    }
}

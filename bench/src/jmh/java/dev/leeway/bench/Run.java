package dev.leeway.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A run of benchmarks: how thorough it is, what it runs on, and the rows so far.
 */
public final class Run {

    /** How thorough. */
    public enum Depth {
        /** Everything once at the smallest shape: are the results right? */
        SMOKE,
        /** The table of the README. */
        QUICK,
        /** All shapes, and how time and memory grow. */
        FULL
    }

    private final Depth depth;
    private final int threads;
    private final Machine machine;
    private final Ceilings ceilings;
    private final Path work;
    private final Optional<Path> llama;
    private final List<Row> rows = new ArrayList<>();
    private final List<String> leftOut = new ArrayList<>();

    Run(Depth depth, int threads, Machine machine, Ceilings ceilings, Path work, Optional<Path> llama) {
        this.depth = depth;
        this.threads = threads;
        this.machine = machine;
        this.ceilings = ceilings;
        this.work = work;
        this.llama = llama;
    }

    /** How thorough it is. */
    public Depth depth() {
        return depth;
    }

    /** Whether figures count, or the results' rightness alone. */
    public boolean isSmoke() {
        return depth == Depth.SMOKE;
    }

    /** Threads that each contestant may use. */
    public int threads() {
        return threads;
    }

    /** What it runs on. */
    public Machine machine() {
        return machine;
    }

    /** What that can do at most. */
    public Ceilings ceilings() {
        return ceilings;
    }

    /** A folder for what contestants read. */
    public Path work() {
        return work;
    }

    /** Whether other software takes part; what of it is not installed is left out. */
    public boolean hasPeers() {
        return llama.isPresent();
    }

    /** The folder of llama.cpp's libraries; empty where no peers are wanted. */
    public Optional<Path> llama() {
        return llama;
    }

    /** Number types to measure: a processor without AVX512-BF16 leaves bf16 out, and the results say so. */
    public List<String> types() {
        return machine.hasBf16() ? List.of("F32", "BF16") : List.of("F32");
    }

    /** Adds a row and prints it. */
    public void add(Row row) {
        rows.add(row);
        System.out.printf(Locale.ROOT, "  %-64s %12.5g %s%s%n", row.name(), row.median(), row.unit(), row.peer()
            .map(peer -> String.format(Locale.ROOT, "   %s %.5g, ratio %.2f", peer.name(), Row.median(peer.runs()), peer.ratio()))
            .orElse(""));
    }

    /** Says, there and in the results, what was not measured and why. */
    public void leaveOut(String what, String why) {
        leftOut.add(what + ": " + why);
        System.out.println("  LEFT OUT  " + what + ": " + why);
    }

    List<Row> rows() {
        return rows;
    }

    List<String> leftOut() {
        return leftOut;
    }
}

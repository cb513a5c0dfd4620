package dev.leeway.bench.contest;

import dev.leeway.bench.Row;
import dev.leeway.bench.Run;
import dev.leeway.io.JsonObject;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Contestants at the same work; the first one is Leeway. */
final class Contest implements AutoCloseable {

    /** In Leeway's third step passes are recorded, which counts for as little as compiling does. */
    static final int WARM_UP = 3;
    private static final int ROUNDS = 7;

    private final Path folder;
    private final int turns;
    private final List<Contestant> contestants = new ArrayList<>();
    private final Map<Contestant, JsonObject> endings = new LinkedHashMap<>();

    Contest(Run run) {
        this(run.work(), turns(run));
    }

    /** Logs go to a folder; everybody takes so many turns. */
    Contest(Path folder, int turns) {
        this.folder = folder;
        this.turns = turns;
    }

    /** Turns that everybody takes: the first ones count for nothing but their results. */
    static int turns(Run run) {
        return turns(run.isSmoke());
    }

    static int turns(boolean isSmoke) {
        return WARM_UP + (isSmoke ? 1 : ROUNDS);
    }

    static String absolute(String path) {
        return new File(path).getAbsolutePath();
    }

    void enter(String name, List<String> command, Map<String, String> environment) throws IOException {
        contestants.add(new Contestant(name, command, environment, folder));
    }

    /** Takes the first turns of the one who entered last, before others enter. */
    void warmUp() throws IOException, InterruptedException {
        for (int turn = 0; turn < WARM_UP; turn++) {
            contestants.getLast().turn();
        }
    }

    /** Round after round, each one's turn in the order of entry. */
    void play() throws IOException, InterruptedException {
        for (int round = 0; round < turns; round++) {
            for (var contestant : contestants) {
                if (contestant.taken() == round) {
                    contestant.turn();
                }
            }
        }
        for (var contestant : contestants) {
            endings.put(contestant, contestant.last());
        }
    }

    List<Contestant> contestants() {
        return contestants;
    }

    Contestant ours() {
        return contestants.getFirst();
    }

    /** Seconds of the turns that count. */
    static List<Double> seconds(Contestant contestant) {
        return contestant.figures("seconds", WARM_UP);
    }

    /** A row of one contestant alone. */
    Row row(String name, Contestant contestant) {
        return Row.of(name, "s", seconds(contestant)).with("cpu_seconds", Row.median(contestant.figures("cpu_seconds", WARM_UP)))
            .with("peak_bytes", endings.get(contestant).requireLong("peak_bytes")).with("command", contestant.command());
    }

    /** Ours against one of the others. */
    Row row(String name, Contestant contestant, Contestant peer) {
        var ending = endings.get(peer);
        return row(name, contestant)
            .against(Row.Peer.ofSeconds(peer.name(), ending.requireString("version"), seconds(contestant), seconds(peer)))
            .with("peer_cpu_seconds", Row.median(peer.figures("cpu_seconds", WARM_UP)))
            .with("peer_peak_bytes", ending.requireLong("peak_bytes"))
            .with("memory_ratio", endings.get(contestant).requireDouble("peak_bytes") / ending.requireDouble("peak_bytes"))
            .with("peer_command", peer.command());
    }

    /** Bytes that the engine's thread allocated on the Java heap in the turns that count, of which each did so many tokens. */
    static double garbagePerToken(Contestant contestant, double tokens) {
        return Row.median(contestant.figures("allocated_bytes", WARM_UP)) / tokens;
    }

    @Override
    public void close() throws IOException {
        for (var contestant : contestants) {
            contestant.close();
        }
    }
}

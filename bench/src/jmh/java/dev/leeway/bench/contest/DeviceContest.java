package dev.leeway.bench.contest;

import dev.leeway.bench.Results;
import dev.leeway.bench.Row;
import dev.leeway.bench.Shape;
import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * Whole training steps and generation on a device, in bf16, beside PyTorch and transformers there, by turns. Prints one JSON object a line:
 * a row of the results, or {@code {"left_out": why}}, or {@code {"failed": why}}. bench/device/4-steps.sh starts it.
 */
public final class DeviceContest {

    /**
     * Relative difference of losses: each is a mean over many tokens of figures that are rounded at 2^-8; the roundings differ and hardly
     * add up.
     */
    private static final double HALF = 0x1p-8;
    private static final int COMPARED = 5;
    /** Of eight lanes or more, how many must draw the same first token: near ties fall either way in bf16. */
    private static final double AGREEMENT = 0.5;
    private static final int COMMAND = 5;
    /** Ours without recorded steps, as if it were another's. */
    private static final String ONE_BY_ONE = "leeway, call by call";

    /** What is played; {@code more} are the new tokens of decoding. */
    private record Task(String what, Shape shape, int batch, int length, int more, List<String> ways) {

        static Task training(Shape shape, int batch, int length, String... ways) {
            return new Task("training", shape, batch, length, 0, Stream.concat(Stream.of(ways), Stream.of(ONE_BY_ONE)).toList());
        }

        static Task lora(Shape shape, int batch, int length) {
            return new Task("lora", shape, batch, length, OurDevice.RANK, List.of("transformers", ONE_BY_ONE));
        }

        static Stream<Task> decoding(Shape shape, int length, int tokens, int... lanes) {
            return java.util.Arrays.stream(lanes).mapToObj(
                count -> new Task("decoding", shape, count, length, tokens, List.of("transformers", ONE_BY_ONE)));
        }

        boolean decodes() {
            return what.equals("decoding");
        }

        String name() {
            return what + " " + shape.label() + ", " + batch + " x " + length + (decodes() ? " + " + more : "") + " bf16";
        }

        /** What a turn is counted in: trained, or new, tokens. */
        double tokens() {
            return (double) batch * (decodes() ? more : length);
        }

        double flopsPerToken() {
            return what.equals("lora") ? shape.loraFlopsPerToken(length, OurDevice.RANK) : shape.trainingFlopsPerToken(length);
        }
    }

    private final String backend;
    private final double peak;
    private final long deadline;
    private final String filter;
    private final Path folder;
    private final List<String> python;

    private DeviceContest(String[] arguments) {
        backend = arguments[0];
        peak = Double.parseDouble(arguments[1]);
        deadline = System.nanoTime() + Long.parseLong(arguments[2]) * 1_000_000_000;
        filter = arguments[3];
        folder = Path.of(arguments[4]);
        python = List.of(arguments).subList(COMMAND, arguments.length);
    }

    /**
     * Arguments: back end ({@code cuda}; others take the tiny shape), the chip's dense bf16 FLOP/s or 0, seconds after which no contest
     * begins, a part of the names of tasks, a folder for logs, and the Python that has PyTorch, if any.
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        var contest = new DeviceContest(arguments);
        for (var task : contest.tasks()) {
            if (task.name().contains(contest.filter)) {
                contest.play(task);
            }
        }
    }

    /** In order of worth. */
    private List<Task> tasks() {
        if (!backend.equals("cuda")) {
            return Stream.concat(Stream.of(Task.training(Shape.TINY, 2, 16, "eager", "transformers"), Task.lora(Shape.TINY, 2, 16)),
                Task.decoding(Shape.TINY, 8, 4, 1, 8)).toList();
        }
        var tasks = new ArrayList<Task>();
        tasks.add(Task.lora(Shape.HUGE, 1, 2048));
        tasks.add(Task.training(Shape.GPT2, 16, 1024, "compiled", "eager", "transformers"));
        Task.decoding(Shape.LARGE, 128, 128, 1, 64, 384).forEach(tasks::add);
        tasks.add(Task.training(Shape.LARGE, 4, 1024, "compiled", "eager"));
        tasks.add(Task.lora(Shape.LARGE, 4, 1024));
        Task.decoding(Shape.HUGE, 128, 128, 1, 64, 384).forEach(tasks::add);
        return tasks;
    }

    /** Each of the peer's ways beside ours; ours alone where none of them works. What is wrong with ours ends the task. */
    private void play(Task task) throws IOException, InterruptedException {
        boolean isAlone = true;
        try {
            for (var way : task.ways().stream().filter(way -> !python.isEmpty() || way.equals(ONE_BY_ONE)).toList()) {
                if (isInTime(task.name() + ", " + way)) {
                    isAlone &= !playBeside(task, way);
                }
            }
            if (isAlone && isInTime(task.name())) {
                playAlone(task);
            }
        } catch (IllegalStateException wrong) {
            say("failed", task.name() + ": " + wrong.getMessage());
        }
    }

    private boolean isInTime(String what) {
        boolean isInTime = System.nanoTime() < deadline;
        if (!isInTime) {
            say("left_out", what + ": the time was over");
        }
        return isInTime;
    }

    private void playAlone(Task task) throws IOException, InterruptedException {
        try (var contest = new Contest(folder, turns())) {
            enterOurs(contest, task);
            contest.play();
            print(task, contest.row(task.name(), contest.ours()), contest);
        }
    }

    /** Ours first, alone with the device until it is warm: what it takes of the memory then is its own. Whether the peer did its part. */
    private boolean playBeside(Task task, String way) throws IOException, InterruptedException {
        try (var contest = new Contest(folder, turns())) {
            enterOurs(contest, task);
            contest.warmUp();
            try {
                warmUpPeer(contest, task, way);
            } catch (PeerException lost) {
                say("left_out", task.name() + ", " + way + ": " + lost.getMessage());
                return false;
            }
            contest.play();
            var peer = contest.contestants().getLast();
            if (way.equals(ONE_BY_ONE)) {
                requireEqual(contest.ours(), peer, task.decodes() ? "drawn" : "loss");
            } else if (task.decodes()) {
                requireSameStart(contest.ours(), peer);
            } else {
                requireSameLosses(contest.ours(), peer);
            }
            print(task, contest.row(task.name() + " vs " + way, contest.ours(), peer)
                .with("peer_tokens_per_second", task.tokens() / Row.median(Contest.seconds(peer))), contest);
            return true;
        }
    }

    private int turns() {
        return Contest.turns(!backend.equals("cuda"));
    }

    private void enterOurs(Contest contest, Task task) throws IOException {
        contest.enter("leeway", ours(task, OurDevice.RECORDED), Map.of());
    }

    private List<String> ours(Task task, String how) {
        return Processes.java(OurDevice.class.getName(), task.what(), backend, task.shape().label(), task.batch(), task.length(), turns(),
            task.more(), how);
    }

    private void warmUpPeer(Contest contest, Task task, String way) throws IOException, InterruptedException, PeerException {
        if (way.equals(ONE_BY_ONE)) {
            contest.enter(way, ours(task, "apart"), Map.of());
        } else {
            contest.enter(way.equals("transformers") ? way : "PyTorch, " + way, peer(task, way), Map.of());
        }
        try {
            contest.warmUp();
        } catch (IllegalStateException cause) {
            throw new PeerException(cause);
        }
    }

    /** The peer did not do its part. */
    private static final class PeerException extends Exception {
        private static final long serialVersionUID = 1;

        PeerException(Throwable cause) {
            super(cause.getMessage(), cause);
        }
    }

    private List<String> peer(Task task, String way) {
        var s = task.shape();
        var command = new ArrayList<>(python);
        command.addAll(List.of("bench/peers/pytorch/steps.py", task.decodes() ? "decoding" : "training", way,
            backend.equals("cuda") ? "cuda" : "cpu"));
        Stream.of(s.hidden(), s.intermediate(), s.layers(), s.heads(), s.kvHeads(), s.vocabulary(), task.batch(), task.length(), turns(),
            task.more()).map(Object::toString).forEach(command::add);
        return command;
    }

    /** What was recorded gives the bits of its calls one by one, in every turn. */
    private static void requireEqual(Contestant ours, Contestant theirs, String key) {
        for (int step = 0; step < ours.taken(); step++) {
            double a = ours.turn(step).requireDouble(key);
            double b = theirs.turn(step).requireDouble(key);
            if (a != b) {
                throw new IllegalStateException("step %d: %s has %s %s, %s %s; recorded steps must give the same bits".formatted(step + 1,
                    theirs.name(), key, b, ours.name(), a));
            }
        }
    }

    /** An adapter starts as nothing, and its scale and precision differ from then on by what its library does. */
    private static void requireSameLosses(Contestant ours, Contestant theirs) {
        for (int step = 0; step < Math.min(COMPARED, ours.taken()); step++) {
            double a = ours.turn(step).requireDouble("loss");
            double b = theirs.turn(step).requireDouble("loss");
            if (!(Math.abs(a - b) <= HALF * a)) {
                throw new IllegalStateException("step %d: %s has loss %s, %s %s; they do not do the same work".formatted(step + 1,
                    theirs.name(), b, ours.name(), a));
            }
        }
    }

    private static void requireSameStart(Contestant ours, Contestant theirs) {
        var a = first(ours);
        var b = first(theirs);
        int same = 0;
        for (int lane = 0; lane < a.size(); lane++) {
            same += a.get(lane).equals(b.get(lane)) ? 1 : 0;
        }
        if (a.size() != b.size() || a.size() >= 8 && same < AGREEMENT * a.size()) {
            throw new IllegalStateException("only %d of %d lanes draw the same first token (%s; %s); they do not do the same work"
                .formatted(same, a.size(), a, b));
        }
    }

    private static List<Integer> first(Contestant contestant) {
        return contestant.turn(0).require("first").valueStream().map(JsonNode::asInt).toList();
    }

    /** MFU is FLOP/s of what a training step needs by {@link Shape}'s count, recomputation not counted, by the chip's dense bf16 FLOP/s. */
    private void print(Task task, Row row, Contest contest) {
        var full = row.with("tokens_per_second", task.tokens() / row.median());
        if (task.decodes()) {
            full = full.with("weight_bytes_per_second", 2 * task.shape().weights() * task.more() / row.median());
        } else {
            double flops = task.flopsPerToken() * task.tokens();
            full = full.with("flops", flops).with("planned_bytes", contest.ours().turn(0).requireLong("planned_bytes"))
                .with("device_bytes", contest.ours().turn(Contest.WARM_UP - 1).requireLong("device_bytes"));
            full = peak > 0 ? full.with("mfu", flops / row.median() / peak).with("peak_flops", peak) : full;
            for (var peer : row.peer().stream().toList()) {
                full = peak > 0 ? full.with("peer_mfu", flops / Row.median(peer.runs()) / peak) : full;
            }
        }
        System.out.println(Results.line(full));
    }

    private static void say(String key, String what) {
        System.out.println(JsonFile.newObject().put(key, what.replace('\n', ' ')));
    }
}

package dev.leeway.bench.contest;

import dev.leeway.bench.Row;
import dev.leeway.bench.Run;
import dev.leeway.bench.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Greedy decoding of 1, 8 and 64 sequences at once, from the same weights and prompts, against llama.cpp. */
public final class DecodingContest {

    private static final int TOKENS = 16;
    private static final double SHARPNESS = 5;
    /**
     * Of eight lanes or more in bf16, how many must draw the same first token: near ties fall either way (52 of 64 agree at 135M), but with
     * a wrong rotation only 1 of 8 does. In fp32 all must.
     */
    private static final double AGREEMENT = 0.5;

    private DecodingContest() {
    }

    /** Runs the contest of a shape and number type at so many lanes and adds its rows. */
    public static void play(Run run, Shape shape, String type, int lanes) throws IOException, InterruptedException {
        var folder = run.work().resolve("decode-" + shape.label());
        Weights.write(shape, 64, OurDecoding.PROMPT, SHARPNESS, folder);
        var name = "decode " + shape.label() + " " + type.toLowerCase(Locale.ROOT) + ", " + lanes + (lanes == 1 ? " lane" : " lanes");
        try (var contest = new Contest(run)) {
            contest.enter("leeway", Processes.java(OurDecoding.class.getName(), folder, shape.label(), type, lanes, TOKENS,
                Contest.turns(run), run.threads()), Map.of());
            var peer = enterLlama(contest, run, shape, type, lanes);
            contest.play();
            peer.ifPresent(other -> requireSameStart(name, type, contest.ours(), other));
            var row = peer.map(other -> contest.row(name, contest.ours(), other)).orElseGet(() -> contest.row(name, contest.ours()));
            double weights = Weights.tensors(shape).stream().mapToDouble(Weights.Entry::count).sum() * (type.equals("BF16") ? 2 : 4);
            run.add(row.with("tokens_per_second", lanes * TOKENS / row.median()).with("bytes", weights * TOKENS)
                .with("share_of_read_bandwidth", weights * TOKENS / row.median() / run.ceilings().read()));
            run.add(Row.of(name + ", Java allocation", "B/token", List.of(Contest.garbagePerToken(contest.ours(), lanes * TOKENS))));
        }
    }

    private static Optional<Contestant> enterLlama(Contest contest, Run run, Shape shape, String type, int lanes) throws IOException {
        if (run.llama().isEmpty()) {
            return Optional.empty();
        }
        var libraries = run.llama().orElseThrow();
        if (!Files.isDirectory(libraries)) {
            run.leaveOut("llama.cpp at " + lanes + " lanes", libraries + " is no folder; get its libraries as bench/peers/README.md "
                + "says and name their folder with --llama");
            return Optional.empty();
        }
        var folder = run.work().resolve("decode-" + shape.label());
        var file = folder.resolve(type + ".gguf");
        Gguf.write(shape, type.equals("BF16"), 4096, folder, file);
        contest.enter("llama.cpp", List.of(Processes.executable(),
            "--enable-native-access=ALL-UNNAMED", "bench/peers/llama/Decode.java", libraries.toString(), file.toString(),
            folder.resolve(Weights.TOKENS).toString(), "" + lanes, "" + OurDecoding.PROMPT, "" + TOKENS, "" + Contest.turns(run),
            "" + run.threads(), "" + shape.vocabulary()), Map.of());
        return Optional.of(contest.contestants().getLast());
    }

    private static void requireSameStart(String name, String type, Contestant ours, Contestant theirs) {
        var a = ints(ours);
        var b = ints(theirs);
        int same = 0;
        for (int lane = 0; lane < a.size(); lane++) {
            same += a.get(lane).equals(b.get(lane)) ? 1 : 0;
        }
        boolean fits = type.equals("F32") ? same == a.size() : a.size() < 8 || same >= AGREEMENT * a.size();
        if (!fits) {
            throw new IllegalStateException("%s: only %d of %d lanes draw the same first token (%s; %s); they do not do the same work"
                .formatted(name, same, a.size(), a, b));
        }
    }

    private static List<Integer> ints(Contestant contestant) {
        return contestant.turn(0).require("first").valueStream().map(JsonNode::asInt).toList();
    }
}

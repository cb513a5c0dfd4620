package dev.leeway.bench.contest;

import dev.leeway.bench.Shape;
import dev.leeway.ffi.DType;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.tensor.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Leeway's side of the decoding contest: greedy, a number of tokens a lane and turn; drawing the tokens is inside the time. */
public final class OurDecoding {

    /** Tokens of a prompt. */
    public static final int PROMPT = 16;

    private OurDecoding() {
    }

    /** Arguments: folder of {@link Weights}, shape, number type, lanes, tokens a turn, turns, threads. */
    public static void main(String[] arguments) throws IOException {
        var folder = Path.of(arguments[0]);
        var shape = Shape.named(arguments[1]);
        int lanes = Integer.parseInt(arguments[3]);
        int tokens = Integer.parseInt(arguments[4]);
        int turns = Integer.parseInt(arguments[5]);
        int length = PROMPT + tokens * turns + 1;
        try (var device = Device.open("cpu", Integer.parseInt(arguments[6]));
                var session = InferenceSession.open(shape.config(length + 1), Optional.empty(),
                    new InferenceSession.Size(length + 1, lanes, Math.max(lanes * PROMPT, lanes)), DType.valueOf(arguments[2]), device)) {
            OurTraining.load(shape, folder, session.model());
            decode(session.generator(), Weights.sequences(folder, PROMPT).subList(0, lanes), tokens, turns);
        }
        Turns.finish("Leeway");
    }

    /** The first token of every lane ends the prompts and belongs to no turn. */
    private static void decode(Generator generator, List<int[]> prompts, int tokens, int turns) {
        var clock = new Turns();
        var first = new int[prompts.size()];
        var drawn = new int[prompts.size()];
        Supplier<String> firstTokens = () ->
            "\"first\": [" + Arrays.stream(first).mapToObj(Integer::toString).collect(Collectors.joining(", ")) + "]";
        int last = prompts.size() - 1;
        var request = new Generator.Request(SamplingParameters.greedy(), tokens * turns + 1, Set.of());
        generator.complete(prompts, request, (prompt, _, token) -> {
            if (drawn[prompt]++ == 0) {
                first[prompt] = token;
            }
            if (prompt == last && drawn[prompt] > 1 && (drawn[prompt] - 1) % tokens == 0) {
                clock.done(firstTokens);
            }
            if (prompt == last && (drawn[prompt] - 1) % tokens == 0 && drawn[prompt] <= tokens * turns) {
                clock.await();
            }
            return Generator.Verdict.GO_ON;
        });
    }
}

package dev.leeway.bench.contest;

import dev.leeway.model.ModelDirectory;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.rollout.Scorer;
import dev.leeway.tensor.Device;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Loads a model directory and prints the loss of 63 tokens. */
public final class FirstLoss {

    private static final int LENGTH = 64;

    private FirstLoss() {
    }

    /** Arguments: model directory, threads. */
    public static void main(String[] arguments) {
        var directory = ModelDirectory.open(Path.of(arguments[0]));
        try (var device = Device.open("cpu", Integer.parseInt(arguments[1]));
                var session = InferenceSession.open(directory.config(), Optional.empty(), InferenceSession.Size.scoring(LENGTH, 1),
                    device)) {
            directory.loadInto(session.model());
            var completion = new int[LENGTH - 1];
            java.util.Arrays.setAll(completion, i -> i + 1);
            var score = session.scorer().score(List.of(new Scorer.Item(new int[] {0}, completion))).getFirst();
            System.out.println("loss " + -score.mean());
        }
    }
}

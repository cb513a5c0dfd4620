package dev.leeway.cli.verify;

import dev.leeway.io.JsonObject;
import dev.leeway.io.Safetensors;
import dev.leeway.model.Batch;
import dev.leeway.model.ModelDirectory;
import dev.leeway.objective.BradleyTerry;
import dev.leeway.objective.Column;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Scored;
import dev.leeway.objective.Targets;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.TrainingSession;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A reward model on preference pairs: scores, Bradley–Terry loss, every gradient. Rows 0..P−1 are chosen, rows P..2P−1 rejected. */
record RewardCase(Path path, JsonObject json) implements Case {

    @Override
    public String kind() {
        return "reward model";
    }

    @Override
    public List<Check> run(Device device) {
        var directory = ModelDirectory.open(path);
        var given = Inputs.read(json.requireObject("inputs"));
        int pairs = given.rows().size() / 2;
        var batch = interleaved(given.rows(), pairs);
        var margins = json.requireObject("inputs").optional("margins").map(Inputs::doubles).orElse(new double[0]);
        var rewards = new double[margins.length * 2];
        for (int i = 0; i < margins.length; i++) {
            rewards[2 * i] = margins[i];
        }
        var targets = new Targets(batch.mask(), batch.sequenceStarts(), batch.unitIds(), new double[0], rewards);
        var objective = new BradleyTerry(json.requireObject("params").optionalDouble("center_coefficient").orElse(0));
        var checks = new Checks();
        var settings = new TrainingSession.Settings(Optional.empty(), batch.rows(), batch.rows(), batch.sequences(),
            AdamW.Settings.standard(), 0);
        try (var session = TrainingSession.open(directory.config(), settings, device);
                var expected = Safetensors.open(path.resolve("expected.safetensors"))) {
            directory.loadInto(session.model());
            var scores = session.model().score(batch, Set.of(Column.VALUE));
            var stored = expected.require("scores").toDoubles();
            for (int i = 0; i < stored.length; i++) {
                checks.absolute("score " + i, scores.value()[i < pairs ? 2 * i : 2 * (i - pairs) + 1], stored[i], Gates.LOGITS);
            }
            var weighed = objective.weigh(Scored.of(scores, targets), Normalisers.of(List.of(targets)));
            checks.absolute("loss", weighed.loss(), expected.require("loss").toDoubles()[0], Gates.LOSS);
            session.model().backward(batch, weighed.gradients());
            new Scores(session, given, expected).gradients(checks);
        }
        return checks.all();
    }

    private static Batch interleaved(List<int[]> rows, int pairs) {
        var sequences = new ArrayList<Batch.Sequence>();
        for (int i = 0; i < pairs; i++) {
            sequences.add(Batch.Sequence.allTrained(rows.get(i), i));
            sequences.add(Batch.Sequence.allTrained(rows.get(pairs + i), i));
        }
        return Batch.of(sequences);
    }
}

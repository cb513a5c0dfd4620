package dev.leeway.cli.verify;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonObject;
import dev.leeway.io.Safetensors;
import dev.leeway.io.StoredTensor;
import dev.leeway.model.Batch;
import dev.leeway.model.ModelDirectory;
import dev.leeway.objective.Column;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Scored;
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

    private static final Set<String> KNOWN = Set.of("loss", "scores");

    @Override
    public String kind() {
        return "reward model";
    }

    @Override
    public List<Check> run(Device device) {
        var directory = ModelDirectory.open(path);
        var given = Inputs.read(json.requireObject("inputs"));
        int pairs = given.rows().size() / 2;
        requireLayout(given.rows().size());
        var batch = interleaved(given.rows(), pairs);
        var targets = batch.objectiveTargets().withRewards(margins(pairs));
        var params = new Fields(json.requireObject("params"));
        var objective = BradleyTerryCases.objective(params);
        params.requireAllKnown();
        var checks = new Checks();
        var settings = new TrainingSession.Settings(Optional.empty(), batch.rows(), batch.rows(), batch.sequences(),
            AdamW.Settings.standard(), 0);
        try (var session = TrainingSession.open(directory.config(), settings, device);
                var expected = Safetensors.open(path.resolve("expected.safetensors"))) {
            requireKnown(expected);
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

    private void requireLayout(int rows) {
        var known = "rows 0..%d chosen, rows %d..%d rejected".formatted(rows / 2 - 1, rows / 2, rows - 1);
        var layout = json.optionalString("layout").orElse(known).split(";")[0];
        if (rows % 2 != 0 || !layout.equals(known)) {
            throw json.wrong("layout", "must be \"%s\" for %d rows, found \"%s\"".formatted(known, rows, layout));
        }
    }

    /** The margin of each pair at its chosen sequence, or nothing. */
    private double[] margins(int pairs) {
        var inputs = new Fields(json.requireObject("inputs"));
        inputs.has("input_ids");
        inputs.has("attention_mask");
        var margins = inputs.has("margins") ? inputs.numbers("margins") : new double[0];
        inputs.requireAllKnown();
        if (margins.length != 0 && margins.length != pairs) {
            throw inputs.wrong("margins", "must be one for each of " + pairs + " pairs, found " + margins.length);
        }
        var rewards = new double[2 * margins.length];
        for (int pair = 0; pair < margins.length; pair++) {
            rewards[2 * pair] = margins[pair];
        }
        return rewards;
    }

    private static void requireKnown(Safetensors expected) {
        expected.tensors().stream().map(StoredTensor::name).filter(name -> !name.startsWith("grad.") && !KNOWN.contains(name)).findFirst()
            .ifPresent(name -> {
                throw LeewayException.data("%s: %s is not known to this kind of case; it knows grad.…, loss and scores", expected.file(),
                    name);
            });
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

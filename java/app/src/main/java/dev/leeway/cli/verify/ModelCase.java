package dev.leeway.cli.verify;

import dev.leeway.io.JsonFile;
import dev.leeway.io.Safetensors;
import dev.leeway.model.Batch;
import dev.leeway.model.ModelDirectory;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.TrainingSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A model folder: logits, hidden states, log-probs, loss and every gradient of a ragged batch; greedy generation; sampling probabilities.
 * Its {@code bf16} folder holds the same weights rounded to bfloat16, without gradients, and shares the inputs.
 */
record ModelCase(Path path, Path inputsFolder) implements Case {

    @Override
    public String kind() {
        return "model";
    }

    @Override
    public Case inBfloat16() {
        return Bfloat16Case.of(path, inputsFolder);
    }

    @Override
    public List<Check> run(Device device) {
        var directory = ModelDirectory.open(path);
        var inputs = Inputs.read(JsonFile.read(inputsFolder.resolve("inputs.json")));
        var checks = new Checks();
        int rows = Math.max(128, inputs.batch().rows());
        var settings = new TrainingSession.Settings(Optional.empty(), rows, rows, inputs.rows().size(), AdamW.Settings.standard(), 3);
        try (var session = TrainingSession.open(directory.config(), settings, device);
                var expected = Safetensors.open(path.resolve("expected.safetensors"))) {
            directory.loadInto(session.model());
            new Scores(session, inputs, expected).compare(checks);
            if (Files.isRegularFile(path.resolve("generation.json"))) {
                generation(session, expected, checks);
            }
        }
        return checks.all();
    }

    private void generation(TrainingSession session, Safetensors expected, Checks checks) {
        var json = JsonFile.read(path.resolve("generation.json"));
        var prompts = json.requireObjects("prompts");
        var request = new Generator.Request(SamplingParameters.greedy(), prompts.getFirst().require("greedy").size(), Set.of());
        var completions = session.generator()
            .complete(prompts.stream().map(prompt -> Inputs.ints(prompt.require("prompt"))).toList(), request);
        long different = 0;
        for (int i = 0; i < prompts.size(); i++) {
            different += Probabilities.mismatches(completions.get(i).tokens(), Inputs.ints(prompts.get(i).require("greedy")));
        }
        checks.equal("greedy tokens", different);
        if (json.has("sampling")) {
            var history = Inputs.ints(json.require("sampling_prompt"));
            var specs = json.requireObjects("sampling");
            for (int i = 0; i < specs.size(); i++) {
                sampling(session, history, Probabilities.parameters(specs.get(i)), expected.require("sampling." + i).toDoubles(), i,
                    checks);
            }
            checks.absolute("sampling logits", lastLogits(session, history), expected.require("sampling.logits").toDoubles(), Gates.LOGITS);
        }
    }

    private void sampling(TrainingSession session, int[] history, SamplingParameters parameters, double[] expected, int index,
        Checks checks) {
        var logits = lastLogits(session, history);
        var found = Probabilities.of(session.model().device(), logits, history, parameters);
        checks.absolute("sampling " + index, found, expected, Gates.PROBABILITY);
        checks.equal("sampling " + index + " kept tokens", Probabilities.supportDifference(found, expected));
    }

    private static double[] lastLogits(TrainingSession session, int[] tokens) {
        return Scores.logits(session, Batch.of(List.of(Batch.Sequence.allTrained(tokens, 0))),
            new int[] {tokens.length - 1});
    }
}

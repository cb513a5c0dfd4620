package dev.leeway.cli.verify;

import dev.leeway.LeewayException;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.io.Safetensors;
import dev.leeway.model.Batch;
import dev.leeway.model.ModelDirectory;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.tensor.Device;
import dev.leeway.train.Schedule;
import dev.leeway.train.Trainer;
import dev.leeway.train.TrainingSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A whole SFT run on a real model, full or LoRA: every step's learning rate, loss and gradient norm, evaluation before and after, the final
 * weights.
 */
record TrainingCase(Path path, JsonObject json) implements Case {

    @Override
    public String kind() {
        return "training";
    }

    @Override
    public List<Check> run(Device device) {
        var base = ModelDirectory.open(locate(json.requireString("base_model")));
        var reference = JsonFile.read(path.resolve("expected.json")).requireObject("float64");
        var steps = steps();
        var evaluation = json.requireObjects("eval").stream().map(row -> Batch.of(List.of(sequence(row)))).toList();
        var options = json.requireObject("optimizer");
        var checks = new Checks();
        var adapter = adapterConfig();
        int rows = steps.stream().flatMap(List::stream).mapToInt(Batch::rows).max().orElseThrow();
        var settings = new TrainingSession.Settings(adapter, json.requireInt("max_length"), rows, json.requireInt("micro_batch_rows"),
            AdamWCase.settings(options, options.requireDouble("max_grad_norm")), 0);
        try (var session = TrainingSession.open(base.config(), settings, device)) {
            base.loadInto(session.model());
            adapter.ifPresent(config -> loadInitial(session));
            var trainer = session.trainer(new SupervisedFineTuning(), new Schedule(Schedule.Kind.named(options.requireString("schedule")),
                options.requireInt("warmup"), json.requireInt("steps"), 0), options.requireDouble("lr"));
            evaluate(trainer, evaluation, reference.requireObject("eval_before"), "before", checks);
            var expected = reference.requireObjects("steps");
            trainer.train(OptimizerCase.source(steps), report -> {
                var log = expected.get(report.step() - 1);
                checks.absolute("lr of step " + (report.step() - 1), report.learningRate(), log.requireDouble("lr"), 1e-12);
                checks.absolute("loss of step " + (report.step() - 1), report.loss(), log.requireDouble("loss"), Gates.TRAINING_LOSS);
                checks.relative("norm of step " + (report.step() - 1), report.gradientNorm(), log.requireDouble("grad_norm"),
                    Gates.TRAINING_NORM);
                checks.same("tokens of step " + (report.step() - 1), report.trainedTokens(), log.requireLong("tokens"));
            });
            evaluate(trainer, evaluation, reference.requireObject("eval_after"), "after", checks);
            weights(session, checks);
        }
        return checks.all();
    }

    private static void evaluate(Trainer trainer, List<Batch> rows, JsonObject expected, String when, Checks checks) {
        checks.absolute("evaluation " + when, trainer.evaluate(rows).loss(), expected.requireDouble("loss"), Gates.TRAINING_LOSS);
        checks.same("evaluation tokens " + when, rows.stream().mapToLong(row -> row.objectiveTargets().trainedTokens()).sum(),
            expected.requireLong("tokens"));
    }

    private void weights(TrainingSession session, Checks checks) {
        var file = path.resolve(json.has("lora") ? "adapter_final/adapter_model.safetensors" : "model_final.safetensors");
        try (var expected = Safetensors.open(file)) {
            for (var parameter : session.model().trainedParameters()) {
                checks.relativeL2("final " + parameter.name(), Checks.doubles(session.model().device().floats(parameter.value())),
                    expected.require(parameter.name()).toDoubles(), Gates.TRAINING_WEIGHTS);
            }
            checks.equal("number of final tensors", Math.abs(expected.tensors().size() - session.model().trainedParameters().size()));
        }
    }

    private Optional<AdapterConfig> adapterConfig() {
        return json.has("lora") ? Optional.of(AdapterConfig.read(path.resolve("adapter_init").resolve(AdapterDirectory.CONFIG)))
            : Optional.empty();
    }

    private void loadInitial(TrainingSession session) {
        try (var adapter = AdapterDirectory.open(path.resolve("adapter_init"))) {
            ModelDirectory.loadAdapter(session.model(), adapter);
        }
    }

    /** Step s takes rows (s·R + i) mod n, R = micro-batch rows × accumulation. */
    private List<List<Batch>> steps() {
        var rows = json.requireObjects("train").stream().map(TrainingCase::sequence).toList();
        int width = json.requireInt("micro_batch_rows");
        int accumulation = json.requireInt("accumulation");
        var steps = new ArrayList<List<Batch>>();
        for (int step = 0; step < json.requireInt("steps"); step++) {
            var micros = new ArrayList<Batch>();
            for (int micro = 0; micro < accumulation; micro++) {
                var sequences = new ArrayList<Batch.Sequence>();
                for (int i = 0; i < width; i++) {
                    sequences.add(rows.get(((step * accumulation + micro) * width + i) % rows.size()));
                }
                micros.add(Batch.of(sequences));
            }
            steps.add(micros);
        }
        return steps;
    }

    private static Batch.Sequence sequence(JsonObject row) {
        var tokens = Inputs.ints(row.require("input_ids"));
        var trained = new boolean[tokens.length];
        for (int t = row.requireInt("prompt_length"); t < tokens.length; t++) {
            trained[t] = true;
        }
        return new Batch.Sequence(tokens, trained, row.requireLong("row"));
    }

    /** The base model's path is relative to some folder above the case. */
    private Path locate(String relative) {
        for (var folder = path.toAbsolutePath().normalize(); folder != null; folder = folder.getParent()) {
            if (Files.isRegularFile(folder.resolve(relative).resolve("config.json"))) {
                return folder.resolve(relative);
            }
        }
        throw LeewayException.data("%s: base model %s lies in no folder above the case", path, relative);
    }
}

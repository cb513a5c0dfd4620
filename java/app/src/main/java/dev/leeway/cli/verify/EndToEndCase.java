package dev.leeway.cli.verify;

import dev.leeway.LeewayException;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.io.JsonObject;
import dev.leeway.io.Safetensors;
import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.model.ModelDirectory;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.Column;
import dev.leeway.objective.TokenScores;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.Method;
import dev.leeway.train.Reference;
import dev.leeway.train.Schedule;
import dev.leeway.train.StepReport;
import dev.leeway.train.TrainingSession;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * An objective through a model with an adapter, whose reference is the model without it: log-probs of both at every position; and of one
 * step of the trainer at learning rate 0 the loss and the gradient of every tensor of the adapter.
 */
record EndToEndCase(Path path, JsonObject json) implements Case {

    private static final Set<String> KEYS = Set.of("case", "objective", "base", "params", "reference", "inputs", "layout", "logps", "note",
        "source");
    private static final Set<String> INPUTS = Set.of("input_ids", "attention_mask", "completion_mask", "advantages", "old_logps", "label",
        "KL_input_ids", "KL_attention_mask", "KL_completion_mask");
    private static final Set<String> TENSORS = Set.of("policy_logps", "ref_logps", "kl_policy_logps", "kl_ref_logps", "kl", "loss");

    @Override
    public String kind() {
        return "objective through a model";
    }

    @Override
    public List<Check> run(Device device) {
        requireReadable();
        var base = ModelDirectory.open(path.resolve(json.requireString("base")).normalize());
        var rows = EndToEndRows.read(json, json.requireString("objective"));
        var checks = new Checks();
        try (var adapter = AdapterDirectory.open(path); var expected = Safetensors.open(path.resolve("expected.safetensors"))) {
            requireReadable(expected);
            int tokens = Stream.concat(rows.trained().stream(), Stream.of(rows.given().batch())).mapToInt(Batch::rows).max().orElseThrow();
            var settings = new TrainingSession.Settings(Optional.of(adapter.config()), tokens, tokens, tokens,
                AdamW.Settings.standard(), 0);
            try (var session = TrainingSession.open(base.config(), settings, device)) {
                base.loadInto(session.model());
                ModelDirectory.loadAdapter(session.model(), adapter);
                compare(session, rows, expected, checks);
            }
        }
        return checks.all();
    }

    private void requireReadable() {
        var fields = new Fields(json);
        KEYS.forEach(fields::has);
        fields.requireText("reference", "base without adapter");
        fields.requireAllKnown();
        var inputs = new Fields(json.requireObject("inputs"));
        INPUTS.forEach(inputs::has);
        inputs.requireAllKnown();
    }

    private void requireReadable(Safetensors expected) {
        var unread = expected.asMap().keySet().stream().filter(name -> !TENSORS.contains(name) && !name.startsWith("grad.")).findFirst();
        unread.ifPresent(name -> {
            throw LeewayException.data("%s: %s is not known to this kind of case; it knows grad.… and %s", expected.file(), name,
                String.join(", ", new TreeSet<>(TENSORS)));
        });
    }

    private void compare(TrainingSession session, EndToEndRows rows, Safetensors expected, Checks checks) {
        var model = session.model();
        var wanted = CaseObjective.of(json);
        var reference = Reference.adapterOff(model);
        model.setTemperature(wanted.temperature());
        logProbs("", model, reference, rows.given(), expected, checks);
        rows.baseline().ifPresent(baseline -> logProbs("kl_", model, reference, baseline, expected, checks));
        var method = Method.of(wanted.objective()).withTemperature(wanted.temperature()).withReference(reference);
        var reports = new ArrayList<StepReport>();
        session.trainer(method, new Schedule(Schedule.Kind.CONSTANT, 0, 1, 0), 0, new TrainingNoise(0, 0))
            .train(OptimizerCase.source(List.of(rows.trained())), reports::add);
        var report = reports.getFirst();
        checks.absolute("loss", report.loss(), expected.require("loss").toDoubles()[0], Gates.LOSS);
        expected.find("kl").ifPresent(kl ->
            checks.absolute("kl", report.metrics().getOrDefault("kl", Double.NaN), kl.toDoubles()[0], Gates.LOGITS));
        new Scores(session, rows.given(), expected).gradients(checks);
    }

    private static void logProbs(String prefix, Llama model, Reference reference, Inputs rows, Safetensors expected, Checks checks) {
        logProbs(prefix + "policy_logps", model.score(rows.batch(), Set.of(Column.LOG_PROB)), rows, expected, checks);
        logProbs(prefix + "ref_logps", reference.score(rows.batch(), new TokenScores()), rows, expected, checks);
    }

    private static void logProbs(String name, TokenScores found, Inputs rows, Safetensors expected, Checks checks) {
        expected.find(name).ifPresent(stored -> {
            var aligned = EndToEndRows.aligned(rows, stored.toDoubles(), found.logProb());
            checks.absolute(name, aligned[0], aligned[1], Gates.LOGITS);
        });
    }
}

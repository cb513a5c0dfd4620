package dev.leeway.cli.verify;

import dev.leeway.LeewayException;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.io.Safetensors;
import dev.leeway.model.Batch;
import dev.leeway.model.ModelDirectory;
import dev.leeway.model.TrainingNoise;
import dev.leeway.tensor.Device;
import dev.leeway.train.Method;
import dev.leeway.train.Reference;
import dev.leeway.train.Schedule;
import dev.leeway.train.TrainingSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A whole run on a real model, full or LoRA, on rows or on preference pairs: every step's learning rate, loss, gradient norm and metrics,
 * evaluation before and after, the final weights. The reference of a LoRA is the model without it, of a full fine-tuning a second model.
 */
record TrainingCase(Path path, JsonObject json) implements Case {

    private static final Set<String> KEYS = Set.of("case", "kind", "base_model", "data", "optimizer", "steps", "micro_batch_rows",
        "accumulation", "order", "lora", "max_length", "eos_id", "decayed_parameters", "rows_without_completion_tokens", "train", "eval");
    private static final Set<String> OPTIMIZER = Set.of("betas", "eps", "weight_decay", "max_grad_norm", "decay", "lr", "schedule",
        "warmup");
    private static final Set<String> LORA = Set.of("r", "lora_alpha", "target_modules", "scaling");
    private static final String ORDER = "step s takes rows (s*R + i) mod len(train), i = 0..R-1, R = micro_batch_rows*accumulation";

    @Override
    public String kind() {
        return "training";
    }

    @Override
    public List<Check> run(Device device) {
        requireReadable();
        var rows = CaseRows.read(json);
        var steps = rows.steps(json.requireInt("steps"), json.requireInt("micro_batch_rows"), json.requireInt("accumulation"));
        var base = ModelDirectory.open(locate(json.requireString("base_model")));
        var objective = CaseObjective.ofTraining(json, KEYS).objective();
        var adapter = adapterConfig();
        boolean hasSecondModel = objective.needsReference() && adapter.isEmpty();
        var checks = new Checks();
        var settings = settings(steps, rows.evaluation(), adapter);
        try (var session = TrainingSession.open(base.config(), hasSecondModel ? settings.withReferenceModel() : settings,
            OptimizerCase.decay(json.requireObject("optimizer")), device)) {
            base.loadInto(session.model());
            adapter.ifPresent(config -> loadInitial(session, checks));
            if (hasSecondModel) {
                base.loadInto(session.referenceModel());
            }
            decay(session, checks);
            var method = Method.of(objective);
            train(session, objective.needsReference() ? method.withReference(reference(session, hasSecondModel)) : method,
                rows.evaluation(), steps, checks);
            weights(session, checks);
        }
        return checks.all();
    }

    private void requireReadable() {
        var options = new Fields(json.requireObject("optimizer"));
        OPTIMIZER.forEach(options::has);
        options.requireAllKnown();
        json.optionalObject("lora").map(Fields::new).ifPresent(lora -> {
            LORA.forEach(lora::has);
            lora.requireAllKnown();
        });
        new Fields(json).requireText("order", ORDER);
    }

    private static Reference reference(TrainingSession session, boolean hasSecondModel) {
        return hasSecondModel ? Reference.frozen(session.referenceModel()) : Reference.adapterOff(session.model());
    }

    private TrainingSession.Settings settings(List<List<Batch>> steps, List<Batch> evaluation, Optional<AdapterConfig> adapter) {
        var options = json.requireObject("optimizer");
        var batches = new ArrayList<>(evaluation);
        steps.forEach(batches::addAll);
        int rows = batches.stream().mapToInt(Batch::rows).max().orElseThrow();
        int sequences = batches.stream().mapToInt(Batch::sequences).max().orElseThrow();
        return new TrainingSession.Settings(adapter, json.requireInt("max_length"), rows, sequences,
            AdamWCase.settings(options, options.requireDouble("max_grad_norm")), 0);
    }

    private void train(TrainingSession session, Method method, List<Batch> rows, List<List<Batch>> steps, Checks checks) {
        var options = json.requireObject("optimizer");
        var reference = JsonFile.read(path.resolve("expected.json")).requireObject("float64");
        var gates = TrainingGates.of(json);
        var schedule = new Schedule(Schedule.Kind.named(options.requireString("schedule")), options.requireInt("warmup"),
            json.requireInt("steps"), 0);
        var trainer = session.trainer(method, schedule, options.requireDouble("lr"), new TrainingNoise(0, 0));
        var evaluation = new TrainingEvaluation(trainer, rows, gates, checks);
        evaluation.compare("before", reference.requireObject("eval_before"));
        var expected = reference.requireObjects("steps");
        checks.same("number of steps", steps.size(), expected.size());
        trainer.train(OptimizerCase.source(steps), report -> gates.step(report, expected.get(report.step() - 1), checks));
        evaluation.compare("after", reference.requireObject("eval_after"));
    }

    private void decay(TrainingSession session, Checks checks) {
        var named = json.optional("decayed_parameters").filter(value -> value.isArray())
            .map(value -> new HashSet<>(json.requireStrings("decayed_parameters")));
        var states = session.optimizer().states();
        if (named.isEmpty() && !json.optionalString("decayed_parameters").orElse("all adapter tensors").equals("all adapter tensors")) {
            throw json.wrong("decayed_parameters", "must be a list of names or \"all adapter tensors\"");
        }
        states.forEach(state -> checks.same("decay of " + state.parameter().name(), state.decayed(),
            named.map(names -> names.contains(state.parameter().name())).orElse(true)));
    }

    private void weights(TrainingSession session, Checks checks) {
        var file = path.resolve(json.has("lora") ? "adapter_final/adapter_model.safetensors" : "model_final.safetensors");
        try (var expected = Safetensors.open(file)) {
            for (var parameter : session.model().trainedParameters()) {
                checks.relativeL2("final " + parameter.name(), Checks.doubles(session.model().device().floats(parameter.value())),
                    expected.require(parameter.name()).toDoubles(), TrainingGates.of(json).weights());
            }
            checks.equal("number of final tensors", Math.abs(expected.tensors().size() - session.model().trainedParameters().size()));
        }
    }

    private Optional<AdapterConfig> adapterConfig() {
        return json.has("lora") ? Optional.of(AdapterConfig.read(path.resolve("adapter_init").resolve(AdapterDirectory.CONFIG)))
            : Optional.empty();
    }

    private void loadInitial(TrainingSession session, Checks checks) {
        var lora = json.requireObject("lora");
        try (var adapter = AdapterDirectory.open(path.resolve("adapter_init"))) {
            ModelDirectory.loadAdapter(session.model(), adapter);
            var scale = adapter.config().scale();
            adapter.pairs().keySet().forEach(module ->
                checks.relative("scaling of " + module, scale.scaling(module), lora.requireDouble("scaling"), 1e-12));
            checks.same("r", scale.r(), lora.requireInt("r"));
            checks.same("lora_alpha", scale.loraAlpha(), lora.requireDouble("lora_alpha"));
        }
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

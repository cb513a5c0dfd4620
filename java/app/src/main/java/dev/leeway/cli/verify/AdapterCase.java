package dev.leeway.cli.verify;

import dev.leeway.io.AdapterDirectory;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.io.Safetensors;
import dev.leeway.model.ModelDirectory;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.TrainingSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A PEFT adapter on a base model: logits, log-probs, loss, the adapter's gradients, and the merged weights. */
record AdapterCase(Path path, JsonObject json) implements Case {

    @Override
    public String kind() {
        return "adapter";
    }

    /** The file or folder that the case names under a key. */
    private Path named(String key) {
        return path.resolve(json.requireString(key)).normalize();
    }

    @Override
    public List<Check> run(Device device) {
        var base = ModelDirectory.open(named("base"));
        var inputs = Inputs.read(JsonFile.read(named("inputs")));
        var checks = new Checks();
        try (var adapter = AdapterDirectory.open(path); var expected = Safetensors.open(path.resolve("expected.safetensors"))) {
            int rows = inputs.batch().rows();
            var settings = new TrainingSession.Settings(Optional.of(adapter.config()), rows, rows, inputs.rows().size(),
                AdamW.Settings.standard(), 0);
            try (var session = TrainingSession.open(base.config(), settings, device)) {
                base.loadInto(session.model());
                ModelDirectory.loadAdapter(session.model(), adapter);
                adapter.pairs().keySet().forEach(module -> checks.relative("scaling of " + module, adapter.config().scale().scaling(module),
                    json.requireDouble("scaling"), 1e-12));
                new Scores(session, inputs, expected).compare(checks);
                if (Files.isRegularFile(path.resolve("merged.safetensors"))) {
                    merged(session, checks);
                }
            }
        }
        return checks.all();
    }

    /** W + s·B·A in fp32 rounds twice: 2u = 1.2e-7 of W, and r ≤ 16 terms of BA; 1e-6 leaves room for their cancellation. */
    private void merged(TrainingSession session, Checks checks) {
        session.model().mergeAdapter();
        try (var expected = Safetensors.open(path.resolve("merged.safetensors"))) {
            for (var tensor : expected.tensors()) {
                var found = session.model().parameters().stream().filter(parameter -> parameter.name().equals(tensor.name())).findFirst();
                checks.equal("merged " + tensor.name() + " exists", found.isPresent() ? 0 : 1);
                found.ifPresent(parameter -> checks.relativeL2("merged " + tensor.name(),
                    Checks.doubles(session.model().device().floats(parameter.value())), tensor.toDoubles(), 1e-6));
            }
        }
    }
}

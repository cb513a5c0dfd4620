package dev.leeway.cli.verify;

import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.io.JsonFile;
import dev.leeway.io.Safetensors;
import dev.leeway.model.ModelDirectory;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.TrainingSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A model, or an adapter on one, with weights and activations in bfloat16: logits, log-probs, loss and every gradient may be twice as far
 * from the float64 reference as transformers' own bfloat16 run, whose distance the {@code meta.json} of the model records.
 *
 * @param path folder of the expectations, and of the adapter if there is one
 * @param kind of the case in float32
 * @param model its directory
 * @param inputs the file of its batch, beside {@code meta.json}
 */
record Bfloat16Case(Path path, String kind, Path model, Path inputs) implements Case {

    private static final String META = "meta.json";
    private static final double FACTOR = 2;
    private static final List<String> QUANTITIES = List.of("loss", "log-probs", "logits", "gradient");

    /** The case, if the deviation of transformers is recorded. */
    static Case of(Path path, String kind, Path model, Path inputs) {
        var one = new Bfloat16Case(path, kind, model, inputs);
        return Files.isRegularFile(inputs.resolveSibling(META)) ? one
            : new Case.NotChecked(path, inputs.resolveSibling(META) + ", which records the deviation of bfloat16, is missing");
    }

    @Override
    public Case inBfloat16() {
        return this;
    }

    /** The worst of each quantity, in units of what transformers' own run is off. */
    @Override
    public String details(List<Check> checks) {
        return "; of stock: " + QUANTITIES.stream().flatMap(quantity -> worst(quantity, checks)).collect(Collectors.joining(", "));
    }

    private static Stream<String> worst(String quantity, List<Check> checks) {
        return Check.closest(checks.stream().filter(check -> check.what().startsWith(quantity)).toList()).stream()
            .map(check -> String.format(Locale.ROOT, "%s %.2f", quantity, FACTOR * check.share()));
    }

    @Override
    public List<Check> run(Device device) {
        var adapter = Stream.of(path).filter(folder -> Files.isRegularFile(folder.resolve(AdapterDirectory.CONFIG)))
            .map(AdapterDirectory::open).findFirst();
        try (var expected = Safetensors.open(path.resolve("expected.safetensors"))) {
            return run(ModelDirectory.open(model), adapter, expected, device);
        } finally {
            adapter.ifPresent(AdapterDirectory::close);
        }
    }

    private List<Check> run(ModelDirectory directory, Optional<AdapterDirectory> adapter, Safetensors expected, Device device) {
        var given = Inputs.read(JsonFile.read(inputs));
        int rows = given.batch().rows();
        var settings = new TrainingSession.Settings(adapter.map(AdapterDirectory::config), rows, rows, given.rows().size(),
            AdamW.Settings.standard(), 0).withDtype(DType.BF16);
        try (var session = TrainingSession.open(directory.config(), settings, device)) {
            directory.loadInto(session.model());
            adapter.ifPresent(loaded -> ModelDirectory.loadAdapter(session.model(), loaded));
            return compare(session, given, expected);
        }
    }

    private List<Check> compare(TrainingSession session, Inputs given, Safetensors expected) {
        var batch = given.batch();
        var checks = new Checks();
        var logits = Scores.logits(session, batch, IntStream.range(0, batch.rows()).toArray());
        var pass = Scores.Pass.of(session, batch);
        checks.absolute("logits", logits, given.packed(expected.require("logits").toDoubles(), session.model().config().vocabSize()),
            gate("logits_max_abs"));
        checks.absolute("log-probs", pass.logProbs(), given.packed(expected.require("logprobs").toDoubles(), 1), gate("logprob_max_abs"));
        checks.absolute("loss", pass.loss(), expected.require("loss").toDoubles()[0], gate("loss_abs"));
        gradients(session, expected, checks);
        return checks.all();
    }

    /** Of every trained parameter, where the case has gradients. */
    private void gradients(TrainingSession session, Safetensors expected, Checks checks) {
        long stored = expected.tensors().stream().filter(tensor -> tensor.name().startsWith("grad.")).count();
        if (stored == 0) {
            return;
        }
        for (var parameter : session.model().trainedParameters()) {
            checks.relativeL2("gradient of " + parameter.name(),
                Checks.doubles(session.model().device().floats(parameter.gradient().orElseThrow())),
                expected.require("grad." + parameter.name()).toDoubles(), gate("grad_rel_l2_max"));
        }
        checks.equal("number of gradients", Math.abs(stored - session.model().trainedParameters().size()));
    }

    private double gate(String name) {
        return FACTOR * JsonFile.read(inputs.resolveSibling(META)).requireObject("stock_hf_bfloat16_deviation").requireDouble(name);
    }
}

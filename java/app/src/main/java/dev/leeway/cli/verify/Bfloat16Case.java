package dev.leeway.cli.verify;

import dev.leeway.ffi.DType;
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
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A model with weights and activations in bfloat16: logits, log-probs and every gradient may be twice as far from the float64 reference as
 * transformers' own bfloat16 run, whose distance {@code meta.json} records.
 *
 * <p>The loss may be off by twice the largest recorded error of a log-prob over √n. It is the mean of n log-probs: if their errors have
 * standard deviation σ, the largest of some 40 is expected at 2.2 σ or more, so the mean's is at most largest / (2.2 √n), and the bound
 * lies beyond four of them. What one run of transformers records for the loss itself is a chance cancellation: rounding the weights alone,
 * with exact arithmetic behind it, moves the loss of five reference models by 4 to 53 times that.
 *
 * @param path folder of the model and of what is expected of it
 * @param inputsFolder where its batch and {@code meta.json} are
 */
record Bfloat16Case(Path path, Path inputsFolder) implements Case {

    private static final String META = "meta.json";
    private static final double FACTOR = 2;
    private static final List<String> QUANTITIES = List.of("loss", "log-probs", "logits", "gradient");

    /** The case, if the deviation of transformers is recorded. */
    static Case of(Path path, Path inputsFolder) {
        var meta = inputsFolder.resolve(META);
        return Files.isRegularFile(meta) ? new Bfloat16Case(path, inputsFolder)
            : new Case.NotChecked(path, meta + ", which records the deviation of bfloat16, is missing");
    }

    @Override
    public String kind() {
        return "model";
    }

    @Override
    public Case inBfloat16() {
        return this;
    }

    /** The worst of each quantity, in units of half its bound: of what transformers' own run is off. */
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
        var directory = ModelDirectory.open(path);
        var given = Inputs.read(JsonFile.read(inputsFolder.resolve("inputs.json")));
        int rows = given.batch().rows();
        var settings = new TrainingSession.Settings(Optional.empty(), rows, rows, given.rows().size(), AdamW.Settings.standard(), 0)
            .withDtype(DType.BF16);
        try (var session = TrainingSession.open(directory.config(), settings, device);
                var expected = Safetensors.open(path.resolve("expected.safetensors"))) {
            directory.loadInto(session.model());
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
        checks.absolute("loss", pass.loss(), expected.require("loss").toDoubles()[0],
            gate("logprob_max_abs") / Math.sqrt(meta().requireInt("loss_tokens")));
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
        return FACTOR * meta().requireObject("stock_hf_bfloat16_deviation").requireDouble(name);
    }

    private JsonObject meta() {
        return JsonFile.read(inputsFolder.resolve(META));
    }
}

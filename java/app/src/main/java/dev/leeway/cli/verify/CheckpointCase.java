package dev.leeway.cli.verify;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.model.Batch;
import dev.leeway.model.ModelDirectory;
import dev.leeway.objective.Column;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.tensor.Device;
import dev.leeway.text.Tokenizer;
import dev.leeway.train.AdamW;
import dev.leeway.train.TrainingSession;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A real checkpoint: greedy continuations, token by token and as text, and log-probs of given texts. */
record CheckpointCase(Path path) implements Case {

    @Override
    public String kind() {
        return "checkpoint";
    }

    @Override
    public List<Check> run(Device device) {
        var directory = ModelDirectory.open(path);
        var json = JsonFile.read(path.resolve("expected.json"));
        var checks = new Checks();
        int positions = directory.config().maxPositionEmbeddings();
        var settings = new TrainingSession.Settings(Optional.empty(), positions, positions, 1, AdamW.Settings.standard(), 4);
        try (var session = TrainingSession.open(directory.config(), settings, device); var tokenizer = Tokenizer.load(path)) {
            directory.loadInto(session.model());
            json.optionalObject("bos_greedy").ifPresent(one -> continues(session, new int[] {Inputs.ints(one.require("ids"))[0]},
                Inputs.ints(one.require("ids")), "greedy from the first token", checks));
            json.optionalObject("bos_greedy").ifPresent(one -> checks.same("text",
                tokenizer.decode(Inputs.ints(one.require("ids")), true).strip(), one.requireString("text").strip()));
            for (var one : json.optionalObjects("prompts").orElse(List.of())) {
                checks.same("prompt ids",
                    Arrays.equals(tokenizer.encode(one.requireString("text"), true), Inputs.ints(one.require("prompt_ids"))), true);
                continues(session, Inputs.ints(one.require("prompt_ids")), Inputs.ints(one.require("output_ids")), "greedy continuation",
                    checks);
            }
            json.optionalObjects("nll").orElse(List.of()).forEach(one -> logProbs(session, one, checks));
        }
        return checks.all();
    }

    private static void continues(TrainingSession session, int[] prompt, int[] expected, String what, Checks checks) {
        var request = new Generator.Request(SamplingParameters.greedy(), expected.length - prompt.length, Set.of());
        var found = session.generator().complete(List.of(prompt), request).getFirst().tokens();
        checks.equal(what, Probabilities.mismatches(found, Arrays.copyOfRange(expected, prompt.length, expected.length)));
    }

    private static void logProbs(TrainingSession session, JsonObject one, Checks checks) {
        var tokens = Inputs.ints(one.require("ids"));
        var scores = session.model().score(Batch.of(List.of(Batch.Sequence.allTrained(tokens, 0))), Set.of(Column.LOG_PROB)).logProb();
        checks.absolute("log-probs", Arrays.copyOf(scores, tokens.length - 1), Inputs.doubles(one.require("token_logprobs")), Gates.LOGITS);
    }
}
